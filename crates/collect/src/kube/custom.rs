//! Which kinds of add-ons a cluster has.

use eksray_kube::{
    decode::CustomList,
    inventory::cluster::CustomResourceDefinition,
    resource::{CUSTOM_GROUPS, Part, custom_list, custom_part, newest},
};
use eksray_rule::Gap;

use super::{desk::Desk, discovery, request::Server};

/// A kind that some add-on defines, at the version to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CustomKind {
    pub(super) list: CustomList,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) plural: String,
    pub(super) kind: String,
    pub(super) part: Part,
}

impl CustomKind {
    /// A kind with the versions that are served, if any rule reads it.
    pub(super) fn new<'a>(
        group: &str,
        plural: &str,
        kind: &str,
        served: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        Some(Self {
            list: custom_list(group, kind)?,
            group: group.to_owned(),
            version: newest(served)?.to_owned(),
            plural: plural.to_owned(),
            kind: kind.to_owned(),
            part: custom_part(group, plural)?,
        })
    }

    /// Group and version.
    pub(super) fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }
}

/// The kinds to list, from the definitions just read or else from discovery. A list without kinds is then
/// known to be empty, and one whose kinds nobody tells is a gap.
pub(super) async fn kinds(server: &Server, desk: &Desk) -> Vec<CustomKind> {
    let definitions = desk.run(|builder| builder.custom_resource_definitions()).await.await;
    let kinds = match definitions.unwrap_or_default().known() {
        Ok(definitions) => Ok(defined(definitions)),
        // Discovery is open to everybody by default, the definitions are not.
        Err(gap) => discovery::custom_kinds(server).await.map_err(|_| gap),
    };
    tell(desk, &kinds).await;
    kinds.unwrap_or_default()
}

fn defined(definitions: &[CustomResourceDefinition]) -> Vec<CustomKind> {
    let kinds = definitions.iter().filter_map(|it| {
        let served = it.spec.versions.iter().filter(|it| it.served).map(|it| it.name.as_str());
        CustomKind::new(&it.spec.group, &it.spec.names.plural, &it.spec.names.kind, served)
    });
    kinds.collect()
}

async fn tell(desk: &Desk, kinds: &Result<Vec<CustomKind>, Gap>) {
    let mut lists: Vec<CustomList> = CUSTOM_GROUPS.iter().map(|(_, list)| *list).collect();
    lists.dedup();
    if let Ok(kinds) = kinds {
        lists.retain(|list| kinds.iter().all(|it| it.list != *list));
    }
    let gap = kinds.as_ref().err().cloned();
    desk.run(move |builder| {
        for list in lists {
            match &gap {
                Some(gap) => builder.custom_gap(list, gap.clone()),
                None => builder.no_custom_kinds(list),
            }
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(
        group: &str,
        plural: &str,
        versions: &[(&str, bool)],
    ) -> CustomResourceDefinition {
        let versions: Vec<_> = versions
            .iter()
            .map(|(name, served)| serde_json::json!({ "name": name, "served": served }))
            .collect();
        let names = serde_json::json!({ "plural": plural, "kind": "Kind" });
        let spec = serde_json::json!({ "group": group, "names": names, "versions": versions });
        serde_json::from_value(serde_json::json!({ "metadata": { "name": plural }, "spec": spec }))
            .unwrap()
    }

    #[test]
    fn each_kind_is_asked_for_at_its_newest_served_version() {
        let found = defined(&[
            definition("karpenter.sh", "nodepools", &[("v1", true), ("v1beta1", true)]),
            definition("external-secrets.io", "pushsecrets", &[("v1alpha1", true), ("v1", false)]),
            definition("external-secrets.io", "secretstores", &[("v1", true)]),
            definition("kyverno.io", "updaterequests", &[("v2", true)]),
            definition("example.com", "widgets", &[("v1", true)]),
            definition("kyverno.io", "policies", &[("v1", false)]),
        ]);
        let found: Vec<_> =
            found.iter().map(|it| (it.plural.as_str(), it.version.as_str(), it.part)).collect();
        assert_eq!(
            found,
            [
                ("nodepools", "v1", Part::Whole),
                ("pushsecrets", "v1alpha1", Part::Whole),
                ("secretstores", "v1", Part::Metadata),
            ]
        );
    }
}
