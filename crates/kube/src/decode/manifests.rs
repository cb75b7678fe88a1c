//! From manifests to an inventory, as the examples on the pages of rules are written.

use eksray_rule::Fetched;
use serde_json::Value;

use super::{Builder, CUSTOM_LISTS};
use crate::inventory::{Kube, aws_auth, cluster::Version, netpol::VpcCniMap};

/// Reads manifests as a whole cluster: kinds that do not occur have no objects. `/version` is asked of a
/// document of kind `Version` with field `gitVersion`, and is 1.35 without one. ConfigMaps count as asked for
/// where there are any.
///
/// # Errors
/// A document is no object of a known kind, or not YAML.
pub fn from_manifests(text: &str) -> Result<Kube, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|it| it.to_string())?;
    let mut builder = Builder::default();
    for resource in crate::resource::ALL {
        builder.page(resource, br#"{"items":[]}"#).map_err(|it| it.to_string())?;
    }
    for list in CUSTOM_LISTS {
        builder.no_custom_kinds(*list);
    }
    builder.version(Fetched::read(Version { git_version: "v1.35.0-eks-0000000".to_owned() }));
    builder.aws_auth(Fetched::read(None));
    builder.vpc_cni(Fetched::read(None));
    for document in documents {
        manifest(&mut builder, document)?;
    }
    Ok(builder.finish())
}

fn manifest(builder: &mut Builder, document: Value) -> Result<(), String> {
    if document.is_null() {
        return Ok(());
    }
    let field = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (field("apiVersion"), field("kind"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
    let page = serde_json::json!({ "items": [document] }).to_string();
    if kind == "ConfigMap" && document["metadata"]["name"] == "aws-auth" {
        let map: aws_auth::ConfigMap =
            serde_json::from_value(document).map_err(|it| it.to_string())?;
        builder.aws_auth(Fetched::read(Some(map.into())));
        return Ok(());
    }
    if kind == "ConfigMap" && document["metadata"]["name"] == "amazon-vpc-cni" {
        let map: VpcCniMap = serde_json::from_value(document).map_err(|it| it.to_string())?;
        builder.vpc_cni(Fetched::read(Some(map.into())));
        return Ok(());
    }
    let mut resources = crate::resource::ALL.iter().chain(crate::resource::OPT_IN);
    if let Some(resource) = resources.find(|it| it.kind == kind && it.group == group) {
        return builder.page(resource, page.as_bytes()).map_err(|it| it.to_string());
    }
    if let Some(list) = crate::resource::custom_list(&group, &kind) {
        let page = builder.custom_page(list, &api_version, &kind, page.as_bytes());
        return page.map_err(|it| it.to_string());
    }
    match kind.as_str() {
        "Version" => {
            let git_version = field("gitVersion");
            builder.version(Fetched::read(Version { git_version }));
            Ok(())
        }
        _ => Err(format!("no rule reads `{kind}` of `{api_version}`")),
    }
}
