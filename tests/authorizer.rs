//! The RBAC engine against a real API server: roles and bindings are generated, the server is asked who may do what, and the
//! engine must give every answer that the server gave.

use std::{path::Path, process::Command};

use eksray_kube::{
    inventory::{
        Kube,
        rbac::{Binding, Role},
    },
    rbac::{
        Rbac,
        identity::{Identity, Rights},
        power,
        request::Request,
    },
};
use eksray_rule::Fetched;
use serde::Deserialize;
use tests::root;

/// What `scripts/local-eks authorizer` writes.
#[derive(Deserialize)]
struct Answers {
    held: Held,
    asked: Vec<Asked>,
}

/// What the API server held when it was asked.
#[derive(Deserialize)]
struct Held {
    clusterroles: Vec<Role>,
    roles: Vec<Role>,
    clusterrolebindings: Vec<Binding>,
    rolebindings: Vec<Binding>,
}

/// A question, and the server's answer. Implied groups of the user are left out.
#[derive(Debug, Deserialize)]
struct Asked {
    user: String,
    groups: Vec<String>,
    verb: String,
    #[serde(flatten)]
    about: About,
    allowed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum About {
    Path { path: String },
    Resource { group: String, resource: String, name: String, namespace: String },
}

impl Asked {
    fn identity(&self) -> Identity {
        if let Some(account) = self.user.strip_prefix("system:serviceaccount:") {
            let (namespace, name) = account.split_once(':').unwrap();
            return Identity::service_account(namespace, name);
        }
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        Identity::user(&self.user, &groups)
    }

    fn answer(&self, rights: &Rights<'_, '_>) -> bool {
        let answer = match &self.about {
            About::Path { path } => rights.can_url(&self.verb, path),
            About::Resource { group, resource, name, namespace } => {
                let request = Request::new(&self.verb, group, resource);
                rights.can(&request.named(name).in_namespace(namespace))
            }
        };
        answer.unwrap()
    }
}

#[test]
fn the_engine_answers_as_the_api_server_does() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authorizer.json");
    let mut script = Command::new(root().join("scripts/local-eks"));
    let status = script.args(["authorizer", "--out"]).arg(&file).status().unwrap();
    assert!(status.success(), "the API server could not be asked");
    let answers: Answers = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let Answers { held, asked } = answers;
    let kube = Kube {
        cluster_roles: Fetched::read(held.clusterroles),
        roles: Fetched::read(held.roles),
        cluster_role_bindings: Fetched::read(held.clusterrolebindings),
        role_bindings: Fetched::read(held.rolebindings),
        ..Kube::default()
    };
    let rbac = Rbac::resolve(&kube);
    for it in &asked {
        let rights = rbac.rights_of(&it.identity());
        assert_eq!(it.answer(&rights), it.allowed, "{it:?} with\n{}", involved(&rights));
    }
    let allowed = asked.iter().filter(|it| it.allowed).count();
    let (least, most) = (asked.len() / 5, asked.len() * 4 / 5);
    assert!(
        asked.len() >= 5000 && (least..most).contains(&allowed),
        "{allowed} of {}",
        asked.len()
    );
}

/// What an identity is bound to, and the rules of each role.
fn involved(rights: &Rights<'_, '_>) -> String {
    let mut lines = Vec::new();
    for grant in &rights.grants {
        let (binding, role) = (&grant.binding.metadata, &grant.binding.role_ref.name);
        lines.push(format!("{} {}: {role}", binding.namespace, binding.name));
        let rules = grant.rules.as_ref().unwrap().iter().flat_map(|it| it.iter());
        lines.extend(rules.map(|it| format!("  {}", power::say(it))));
    }
    lines.join("\n")
}
