//! Pages in every order that a server may send them.

use serde_json::{Value, json};

use super::*;
use crate::resource::ALL;

fn list(object: &Value, names: &[&str]) -> Vec<u8> {
    let owner = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "controller": true,
    });
    let item = |name: &&str| {
        let mut it = object.clone();
        it["metadata"]["name"] = json!(name);
        it["metadata"]["ownerReferences"] = json!([owner]);
        it
    };
    let items: Vec<Value> = names.iter().map(item).collect();
    json!({ "items": items }).to_string().into_bytes()
}

fn page(names: &[&str]) -> Vec<u8> {
    list(&json!({ "metadata": {} }), names)
}

fn read(resource: &Resource, steps: &[Option<&[&str]>]) -> Kube {
    let objects: BTreeMap<String, Value> =
        serde_saphyr::from_str(include_str!("../../tests/hostile/minimal.yaml")).unwrap();
    let object = &objects[resource.plural];
    let mut builder = Builder::default();
    for step in steps {
        match step {
            Some(names) => builder.page(resource, &list(object, names)).unwrap(),
            None => builder.restart(resource),
        }
    }
    builder.finish()
}

#[test]
fn a_list_that_starts_again_counts_nothing_twice() {
    for resource in ALL {
        let straight = read(resource, &[Some(&["a"]), Some(&["b"])]);
        let restarted = read(resource, &[Some(&["a", "gone"]), None, Some(&["a"]), Some(&["b"])]);
        assert_eq!(straight, restarted, "{}", resource.plural);
    }
}

#[test]
fn a_custom_list_that_starts_again_leaves_the_other_kinds() {
    let mut builder = Builder::default();
    let list = CustomList::Karpenter;
    builder.custom_page(list, "karpenter.sh/v1", "NodePool", &page(&["pool"])).unwrap();
    builder.custom_page(list, "karpenter.sh/v1", "NodeClaim", &page(&["claim"])).unwrap();
    builder.custom_restart(list, "karpenter.sh/v1", "NodeClaim");
    builder.custom_page(list, "karpenter.sh/v1", "NodeClaim", &page(&["again"])).unwrap();
    let kube = builder.finish();
    let names: Vec<&str> =
        kube.karpenter.known().unwrap().iter().map(|it| it.metadata.name.as_str()).collect();
    assert_eq!(names, ["again", "pool"]);
}

#[test]
fn the_order_in_which_kinds_come_leaves_no_trace() {
    let (list, gap) = (CustomList::Karpenter, |call: &str| Gap {
        call: call.to_owned(),
        reason: Reason::Denied,
        detail: String::new(),
    });
    let built = |steps: [&str; 2]| {
        let mut builder = Builder::default();
        for step in steps {
            builder.custom_page(list, "karpenter.sh/v1", step, &page(&["b", "a"])).unwrap();
            builder.custom_gap(CustomList::Policies, gap(step));
        }
        builder.finish()
    };
    assert_eq!(built(["NodePool", "NodeClaim"]), built(["NodeClaim", "NodePool"]));
}

#[test]
fn an_answer_that_is_no_list_is_no_empty_list() {
    for text in ["{}", r#"{"error":"x"}"#, r#"{"items":{}}"#, r#"{"items":[7]}"#, "[]", ""] {
        for resource in ALL {
            assert!(Builder::default().page(resource, text.as_bytes()).is_err(), "{text}");
        }
    }
    for resource in ALL {
        assert!(Builder::default().page(resource, br#"{"items":null}"#).is_ok());
    }
}
