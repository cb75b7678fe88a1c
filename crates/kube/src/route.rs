//! What leads traffic to Services beside Ingresses: routes of the Gateway API, target group bindings.

use serde_json::Value;

use crate::inventory::{
    cluster::CustomObject,
    network::{ServiceBackend, ServiceBackendPort},
};

/// The Services behind a route or a target group binding, each with its namespace. Mirrored requests count: they
/// go to a Service, too. Backends of other kinds are left out.
pub fn backends(route: &CustomObject) -> Vec<(&str, ServiceBackend)> {
    let mut found: Vec<&Value> = Vec::new();
    if route.kind == "TargetGroupBinding" {
        found.push(&route.spec["serviceRef"]);
    }
    for rule in each(&route.spec["rules"]) {
        let backends = || each(&rule["backendRefs"]);
        let filters = each(&rule["filters"]).chain(backends().flat_map(|it| each(&it["filters"])));
        found.extend(backends().chain(filters.map(|it| &it["requestMirror"]["backendRef"])));
    }
    found.into_iter().filter_map(|it| backend(it, &route.metadata.namespace)).collect()
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A reference as the Gateway API defines it: of a Service unless it says otherwise, beside the route unless it says where.
fn backend<'a>(it: &'a Value, here: &'a str) -> Option<(&'a str, ServiceBackend)> {
    let text = |field: &str| it[field].as_str();
    if text("kind").unwrap_or("Service") != "Service" || !text("group").unwrap_or("").is_empty() {
        return None;
    }
    let number = it["port"].as_u64().and_then(|it| u16::try_from(it).ok()).unwrap_or_default();
    let port = ServiceBackendPort { name: text("port").unwrap_or_default().to_owned(), number };
    let name = text("name")?.to_owned();
    Some((text("namespace").unwrap_or(here), ServiceBackend { name, port }))
}
