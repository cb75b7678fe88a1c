//! Whatever the bytes: no panic, neither while decoding nor while judging.

use eksray_kube::decode::Builder;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{anything, judged, objects};

const WORDS: &[&str] = &[
    "",
    "*",
    "a",
    "0.0.0.0/0",
    "::/0",
    "1e30",
    "-1",
    "100%",
    "Exists",
    "TCP",
    "v1",
    "arn:aws",
    "${}",
    "é",
];

/// JSON of any shape, in words that the engines look for.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..70_000_i64).prop_map(Value::from),
        proptest::sample::select(WORDS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Places of a value, of which one becomes something else.
fn mutate(object: &mut Value, pick: u32, with: &Value) {
    fn count(value: &Value) -> u32 {
        1 + match value {
            Value::Object(fields) => fields.values().map(count).sum(),
            Value::Array(items) => items.iter().map(count).sum(),
            _ => 0,
        }
    }
    fn put(value: &mut Value, at: &mut u32, with: &Value) {
        if *at == 0 {
            value.clone_from(with);
        }
        *at = at.wrapping_sub(1);
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|it| put(it, at, with)),
            Value::Array(items) => items.iter_mut().for_each(|it| put(it, at, with)),
            _ => {}
        }
    }
    let mut at = pick % count(object);
    put(object, &mut at, with);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        anything::judge(&bytes);
    }

    #[test]
    fn arbitrary_json_around_real_objects_is_judged_or_refused(
        changes in proptest::collection::vec((any::<u32>(), value()), 64),
        spec in value(),
    ) {
        let mut builder = Builder::default();
        let mut changes = changes.into_iter();
        for (plural, object) in objects(include_str!("full.yaml")) {
            let mut changed = object.clone();
            let (pick, with) = changes.next().unwrap_or_default();
            mutate(&mut changed, pick, &with);
            for object in [changed, object] {
                let page = json!({ "items": [object] }).to_string();
                let _refused = builder.page(super::resource(&plural), page.as_bytes());
            }
        }
        let page = json!({ "items": [{ "metadata": { "name": "a", "namespace": "n" }, "spec": spec }] });
        anything::judge(page.to_string().as_bytes());
        prop_assert!(!judged(&builder.finish()).is_empty());
    }
}
