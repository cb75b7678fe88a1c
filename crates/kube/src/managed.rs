//! Who AWS or a known add-on owns, and which of their settings are accepted.
//!
//! Nothing is recognised by its name alone. The catalogue is `data/components.yaml`.

use std::sync::OnceLock;

use eksray_rule::Judgement;
use serde::Deserialize;

use crate::{
    host_path,
    image::{ecr_account, is_under, repository},
    inventory::{pod::container::Container, workload::Workload},
};

/// A setting that a catalogue entry may accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<'a> {
    /// `hostNetwork`.
    HostNetwork,
    /// `hostPID`.
    HostPid,
    /// `hostIPC`.
    HostIpc,
    /// The named container is privileged.
    Privileged(&'a str),
    /// The named container adds a capability, given by [`crate::capability::normalise`].
    Capability(&'a str, String),
    /// The named container keeps `NET_RAW`.
    NetRaw(&'a str),
    /// The named container runs as user 0.
    Root(&'a str),
    /// Processes of the named container may gain privileges.
    Escalation(&'a str),
    /// The named container may write to its root file system.
    WritableRoot(&'a str),
    /// A path of the node, given by [`host_path::normalise`], that containers may only read.
    HostPathRead(String),
    /// The same, writable.
    HostPathWrite(String),
    /// A path of the node that leads to its container runtime's socket.
    RuntimeSocket(String),
    /// A port of the node.
    HostPort,
    /// A seccomp or AppArmor profile that confines nothing.
    Unconfined,
    /// SELinux options with this type.
    SeLinux(&'a str),
    /// Processes of the node on Windows.
    HostProcess,
    /// A kernel parameter.
    Sysctl,
    /// An image reference that moves, by its repository.
    MutableImage(String),
    /// What is missing of hardening and has no entry of its own.
    Hardening,
}

impl Setting<'_> {
    fn container(&self) -> Option<&str> {
        match self {
            Self::Privileged(name)
            | Self::Capability(name, _)
            | Self::NetRaw(name)
            | Self::Root(name)
            | Self::Escalation(name)
            | Self::WritableRoot(name) => Some(name),
            _ => None,
        }
    }
}

/// Who answers for a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// AWS publishes and updates it.
    Aws,
    /// Somebody installed it, and it cannot work otherwise.
    Design,
}

/// An entry of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the catalogue has these flags")]
pub struct Component {
    /// What people call it.
    pub name: String,
    /// Who answers for it.
    pub owner: Owner,
    #[serde(default)]
    namespaces: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    containers: Vec<String>,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    host_network: bool,
    #[serde(default, rename = "hostPID")]
    host_pid: bool,
    #[serde(default)]
    root: bool,
    #[serde(default)]
    privileged: Vec<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    unconfined: bool,
    #[serde(default)]
    se_linux: Vec<String>,
    #[serde(default)]
    host_process: bool,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    writes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Catalogue {
    date: String,
    add_on_accounts: Vec<String>,
    add_on_repositories: Vec<String>,
    components: Vec<Component>,
}

/// An unreadable catalogue accepts nothing; a test keeps the shipped one readable.
fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        read().unwrap_or_else(|_| Catalogue {
            date: String::new(),
            add_on_accounts: Vec::new(),
            add_on_repositories: Vec::new(),
            components: Vec::new(),
        })
    })
}

fn read() -> Result<Catalogue, String> {
    serde_saphyr::from_str(include_str!("../data/components.yaml")).map_err(|it| it.to_string())
}

/// The day the catalogue was last gone through.
pub fn catalogue_date() -> &'static str {
    &catalogue().date
}

/// Judges the failing facts of a workload: accepted only if its catalogue entry accepts every setting,
/// else a failure of those that it does not accept.
pub fn judge<'a>(
    workload: &Workload,
    facts: impl IntoIterator<Item = (String, Setting<'a>)>,
) -> Judgement {
    let (mut accepted, mut failed, mut reason) = (Vec::new(), Vec::new(), None);
    for (fact, setting) in facts {
        match accepts(workload, &setting) {
            Some(component) => {
                accepted.push(fact);
                reason.get_or_insert_with(|| component.reason());
            }
            None => failed.push(fact),
        }
    }
    match reason {
        Some(reason) if failed.is_empty() => Judgement::accepted(accepted, reason),
        _ if failed.is_empty() => Judgement::pass(),
        _ => {
            failed.extend(foreign_image(workload));
            Judgement::of(failed)
        }
    }
}

/// The entry that a workload as a whole is: by namespace, kind, name and every image.
pub fn component(workload: &Workload) -> Option<&'static Component> {
    catalogue().components.iter().find(|it| {
        it.containers.is_empty()
            && it.claims(workload)
            && workload.containers().all(|(_, container)| it.has_image(container))
    })
}

/// Whether AWS publishes and updates a workload.
pub fn is_managed_by_aws(workload: &Workload) -> bool {
    component(workload).is_some_and(|it| it.owner == Owner::Aws)
}

fn accepts(workload: &Workload, setting: &Setting<'_>) -> Option<&'static Component> {
    if let Some(component) = component(workload).filter(|it| it.accepts(setting)) {
        return Some(component);
    }
    let name = setting.container()?;
    catalogue().components.iter().find(|it| {
        let mut same = workload.containers().filter(|(_, container)| container.name == name);
        it.containers.iter().any(|it| it == name)
            && it.accepts(setting)
            && same.all(|(_, container)| it.has_image(container))
    })
}

/// Why a workload that goes by an add-on's name is not taken for it.
fn foreign_image(workload: &Workload) -> Option<String> {
    let claimed = |it: &&Component| it.owner == Owner::Aws && it.claims(workload);
    let component = catalogue().components.iter().find(claimed)?;
    let (_, foreign) = workload.containers().find(|(_, it)| !component.has_image(it))?;
    Some(format!(
        "image {} of container {} is not from an AWS add-on registry",
        foreign.image, foreign.name
    ))
}

/// Whether AWS alone writes to a repository: of its add-ons, in any Region.
fn is_from_aws(repository: &str) -> bool {
    let catalogue = catalogue();
    let known = |account: &str| catalogue.add_on_accounts.iter().any(|it| it == account);
    catalogue.add_on_repositories.iter().any(|it| is_under(repository, it))
        || ecr_account(repository).is_some_and(known)
}

impl Component {
    /// The reason that an accepted outcome gives.
    pub fn reason(&self) -> String {
        match self.owner {
            Owner::Aws => format!("managed by AWS: {}", self.name),
            Owner::Design => format!("by design: {}", self.name),
        }
    }

    fn claims(&self, workload: &Workload) -> bool {
        let admits =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|it| it == value);
        admits(&self.namespaces, &workload.namespace)
            && admits(&self.kinds, &workload.kind)
            && admits(&self.names, &workload.name)
    }

    fn has_image(&self, container: &Container) -> bool {
        let repository = repository(&container.image);
        let under = |list: &[String]| list.iter().any(|it| is_under(&repository, it));
        match self.owner {
            Owner::Design => under(&self.images),
            Owner::Aws => is_from_aws(&repository),
        }
    }

    /// What only hardens is AWS's to change where AWS publishes the manifest.
    fn accepts(&self, setting: &Setting<'_>) -> bool {
        let aws = self.owner == Owner::Aws;
        let names = |list: &[String], name: &str| list.iter().any(|it| it == name);
        let covers =
            |list: &[String], path: &str| list.iter().any(|it| host_path::contains(it, path));
        match setting {
            // Who has the node's network has its ports.
            Setting::HostNetwork | Setting::HostPort => self.host_network,
            Setting::HostPid => self.host_pid,
            Setting::HostIpc | Setting::Sysctl => false,
            Setting::Privileged(name) => names(&self.privileged, name),
            Setting::Capability(_, capability) => names(&self.capabilities, capability),
            Setting::NetRaw(_) => aws || names(&self.capabilities, "NET_RAW"),
            Setting::Root(name) => aws || self.root || names(&self.privileged, name),
            Setting::Escalation(_) => aws || names(&self.capabilities, "SYS_ADMIN"),
            Setting::WritableRoot(_) | Setting::Hardening => aws,
            Setting::Unconfined => self.unconfined,
            Setting::SeLinux(type_) => names(&self.se_linux, type_),
            Setting::HostProcess => self.host_process,
            Setting::MutableImage(repository) => is_from_aws(repository),
            Setting::HostPathRead(path) => covers(&self.reads, path) || covers(&self.writes, path),
            Setting::HostPathWrite(path) => covers(&self.writes, path),
            // Who may see the whole node need not command its runtime: the socket is named, or a folder of it.
            Setting::RuntimeSocket(path) => {
                let mut entries = self.reads.iter().chain(&self.writes).filter(|it| *it != "/");
                entries.any(|it| host_path::contains(it, path))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::decode::from_manifests;

    fn workload(namespace: &str, kind: &str, name: &str, image: &str) -> Workload {
        let manifest = format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{ name: {name}, namespace: {namespace} }}\n\
             spec: {{ template: {{ spec: {{ containers: [{{ name: main, image: \"{image}\" }}] }} }} }}"
        );
        from_manifests(&manifest).unwrap().workloads.remove(0)
    }

    #[test]
    fn the_shipped_catalogue_is_readable_and_says_what_it_can_mean() {
        let catalogue = read().unwrap();
        assert_eq!(catalogue.date.len(), "2026-01-01".len());
        let mut names = BTreeSet::new();
        for it in &catalogue.components {
            assert!(names.insert(&it.name), "{} stands twice", it.name);
            let proofs = match it.owner {
                Owner::Aws => it.namespaces.len().min(it.kinds.len()).min(it.names.len()),
                Owner::Design => it.images.len().min(it.kinds.len().max(it.containers.len())),
            };
            assert!(0 < proofs, "{} is recognised by too little", it.name);
            for path in it.reads.iter().chain(&it.writes) {
                assert_eq!(&host_path::normalise(path), path, "{}", it.name);
            }
            for capability in &it.capabilities {
                assert_eq!(&crate::capability::normalise(capability), capability);
            }
        }
        for account in &catalogue.add_on_accounts {
            assert!(account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()));
        }
    }

    #[test]
    fn every_proof_is_needed() {
        let image = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.33";
        let known = |namespace, kind, name, image| {
            component(&workload(namespace, kind, name, image)).is_some()
        };
        assert!(known("kube-system", "DaemonSet", "kube-proxy", image));
        assert!(!known("default", "DaemonSet", "kube-proxy", image));
        assert!(!known("kube-system", "Deployment", "kube-proxy", image));
        assert!(!known("kube-system", "DaemonSet", "kube-proxy2", image));
        for foreign in [
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.33",
            "602401143452.dkr.ecr.eu-west-1.amazonaws.com.evil.example/eks/kube-proxy",
            "public.ecr.aws/eks-evil/kube-proxy",
            "",
        ] {
            assert!(!known("kube-system", "DaemonSet", "kube-proxy", foreign), "{foreign}");
        }
        assert!(known("anywhere", "DaemonSet", "any-name", "prom/node-exporter:v1"));
        assert!(!known("anywhere", "Deployment", "any-name", "prom/node-exporter:v1"));
        assert!(!known("anywhere", "DaemonSet", "node-exporter", "evil/node-exporter:v1"));
    }

    #[test]
    fn a_setting_beyond_the_entry_fails_and_stands_alone() {
        let exporter = workload("x", "DaemonSet", "x", "quay.io/prometheus/node-exporter:v1");
        let judged = judge(
            &exporter,
            [
                ("hostNetwork: true".to_owned(), Setting::HostNetwork),
                ("hostIPC: true".to_owned(), Setting::HostIpc),
            ],
        );
        assert_eq!(judged, Judgement::of(vec!["hostIPC: true".to_owned()]));
        let read = |path: &str| Setting::HostPathRead(path.to_owned());
        assert!(accepts(&exporter, &read("/")).is_some());
        assert!(accepts(&exporter, &read("/proc")).is_some());
        assert!(accepts(&exporter, &Setting::HostPathWrite("/proc".to_owned())).is_none());
        let socket = Setting::RuntimeSocket("/run/containerd/containerd.sock".to_owned());
        assert!(accepts(&exporter, &socket).is_none());
        let falco = workload("x", "DaemonSet", "x", "falcosecurity/falco:v1");
        assert!(accepts(&falco, &socket).is_some());
    }

    #[test]
    fn an_injected_container_excuses_nothing_but_itself() {
        let mut web = workload("shop", "Deployment", "web", "web");
        let mut init = web.template.containers[0].clone();
        init.name = "linkerd-init".to_owned();
        init.image = "cr.l5d.io/linkerd/proxy-init:v2".to_owned();
        web.template.init_containers.push(init);
        let adds = |name| Setting::Capability(name, "NET_ADMIN".to_owned());
        assert!(accepts(&web, &adds("linkerd-init")).is_some());
        assert!(accepts(&web, &adds("main")).is_none());
        assert!(accepts(&web, &Setting::Privileged("linkerd-init")).is_none());
        web.template.init_containers[0].image = "evil/proxy-init".to_owned();
        assert!(accepts(&web, &adds("linkerd-init")).is_none());
    }
}
