//! Every field of every resource in turn: of the wrong type, null, or not there.

use eksray_kube::{decode::Builder, inventory::Kube, resource::Resource};
use serde_json::{Value, json};

use super::{objects, resource};

const MINIMAL: &str = include_str!("minimal.yaml");
const FULL: &str = include_str!("full.yaml");

/// Specifications that are kept as they came, for an engine that has a word for what it does not understand.
const RAW: &[&str] = &[
    "/items/0/spec/failurePolicy",
    "/items/0/spec/matchResources/resourceRules",
    "/items/0/spec/scopeSelector",
    "/items/0/spec/hard/pods",
    "/items/0/spec/volumeClaimTemplates/0",
];

fn page(resource: &Resource, page: &Value) -> Result<Kube, String> {
    let mut builder = Builder::default();
    builder.page(resource, page.to_string().as_bytes()).map_err(|it| it.to_string())?;
    Ok(builder.finish())
}

fn is_raw(pointer: &str) -> bool {
    RAW.iter().any(|it| pointer == *it || pointer.starts_with(&format!("{it}/")))
}

/// JSON pointers of everything below a value.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    let mut below = |key: &str, it: &Value| {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        pointers(it, &pointer, out);
        out.push(pointer);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, it)| below(key, it)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, it)| below(&at.to_string(), it));
        }
        _ => {}
    }
}

/// The page without a field, or without an item of a list.
fn without(page: &Value, pointer: &str) -> Value {
    let mut page = page.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match page.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            fields.remove(&key.replace("~1", "/").replace("~0", "~")).unwrap();
        }
        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
        _ => unreachable!("{pointer}"),
    }
    page
}

fn with(page: &Value, pointer: &str, value: Value) -> Value {
    let mut page = page.clone();
    *page.pointer_mut(pointer).unwrap() = value;
    page
}

/// Each list with one object, and every place in it.
fn each(text: &str, mut check: impl FnMut(&Resource, &Value, &str)) {
    let objects = objects(text);
    assert_eq!(objects.len(), eksray_kube::resource::ALL.len());
    for (plural, object) in objects {
        let resource = resource(&plural);
        let page = json!({ "items": [object] });
        let mut all = Vec::new();
        pointers(&page, "", &mut all);
        for pointer in all {
            check(resource, &page, &pointer);
        }
    }
}

/// Names of the field, as messages spell a place.
fn last(pointer: &str) -> &str {
    pointer.rsplit('/').find(|it| it.parse::<usize>().is_err()).unwrap()
}

#[test]
fn a_field_that_every_object_has_is_missed_by_name() {
    each(MINIMAL, |resource, whole, pointer| {
        let (_, key) = pointer.rsplit_once('/').unwrap();
        // A shorter list of names or rules is one that the server may send.
        let optional = ["namespace", "subjects", "rules", "http", "paths", "ports", "service"];
        let optional = optional.into_iter().chain(["webhooks", "metrics", "matchExpressions"]);
        let mut optional = optional.chain(["selector", "ingress", "from", "hostPath", "local"]);
        let leaves_role = resource.plural.contains("role");
        if key.parse::<usize>().is_ok()
            || optional.any(|it| it == key)
                && !(key == "namespace" && (pointer.contains("clientConfig") || leaves_role))
            || ["clientConfig", "ipBlock", "local"].contains(&key)
        {
            return;
        }
        let error = page(resource, &without(whole, pointer)).unwrap_err();
        let template = ["template", "jobTemplate"].contains(&key);
        let named = error.contains(&format!("missing field `{key}`"));
        assert!(
            named || template && error.contains("`template`"),
            "{} {pointer}: {error}",
            resource.plural
        );
    });
}

#[test]
fn a_value_of_the_wrong_type_is_a_gap_that_names_the_field() {
    each(FULL, |resource, whole, pointer| {
        if is_raw(pointer) {
            return;
        }
        let before = page(resource, whole).unwrap();
        for wrong in
            [json!(7.5), json!(true), json!("hunter2"), json!([["hunter2"]]), json!({ "a": [{}] })]
        {
            // Of another type than what stands there, and none that it may have as well.
            let old = whole.pointer(pointer).unwrap();
            let text_or_number = old.is_number() || old.is_string();
            if old.is_boolean() == wrong.is_boolean() && old.is_boolean()
                || text_or_number && (wrong.is_string() || wrong.is_number())
                // serde takes an array for the fields of an object in their order; no server writes one.
                || old.is_object() && (wrong.is_object() || wrong.is_array())
                || old.is_array() && wrong.is_array()
            {
                continue;
            }
            match page(resource, &with(whole, pointer, wrong.clone())) {
                // Not read at all.
                Ok(after) => assert_eq!(after, before, "{} {pointer}: {wrong}", resource.plural),
                Err(error) => {
                    assert!(!error.contains("hunter2"), "{error}");
                    assert!(error.contains("items"), "{} {pointer}: {error}", resource.plural);
                }
            }
        }
    });
}

#[test]
fn null_is_what_is_not_there_or_a_gap() {
    each(FULL, |resource, whole, pointer| {
        let (_, key) = pointer.rsplit_once('/').unwrap();
        if is_raw(pointer) || key.parse::<usize>().is_ok() {
            return;
        }
        if let Ok(null) = page(resource, &with(whole, pointer, Value::Null)) {
            // A list that every object has may be null, which is empty.
            let absent = page(resource, &without(whole, pointer))
                .or_else(|_| page(resource, &with(whole, pointer, json!([]))));
            assert_eq!(Ok(null), absent, "{} {pointer} ({})", resource.plural, last(pointer));
        }
    });
}

#[test]
fn no_item_of_a_list_is_left_out() {
    for (plural, object) in objects(MINIMAL) {
        let resource = resource(&plural);
        for bad in [json!(null), json!(7), json!([]), json!({}), json!({ "metadata": null })] {
            let error = page(resource, &json!({ "items": [object, bad] })).unwrap_err();
            assert!(error.contains("items[1]"), "{plural}: {error}");
        }
    }
}

#[test]
fn what_ends_early_or_stands_twice_is_no_list() {
    for (plural, object) in objects(MINIMAL) {
        let text = json!({ "items": [object] }).to_string();
        for end in 0..text.len() {
            let cut = Builder::default().page(resource(&plural), &text.as_bytes()[..end]);
            assert!(cut.is_err(), "{plural}: {}", &text[..end]);
        }
        let twice = text.replacen('{', "{\"items\":[],", 1);
        let error = Builder::default().page(resource(&plural), twice.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("duplicate field `items`"), "{error}");
    }
}
