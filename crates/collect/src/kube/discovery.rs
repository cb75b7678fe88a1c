//! What an API server says that it serves, asked only where a list leaves a question.

use std::collections::BTreeMap;

use eksray_kube::resource::CUSTOM_GROUPS;
use serde::Deserialize;

use super::{
    custom::CustomKind,
    list::Listing,
    request::{Failure, Part, Server, object},
};

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    /// The plural; `plural/status` for subresources.
    name: String,
    kind: String,
}

/// Whether the server itself says that it has no such resource. A 404 alone could come from a proxy, and the
/// server's own for a group that it lacks is plain text.
pub(super) async fn is_absent(server: &Server, listing: &Listing) -> bool {
    let (group, version) = listing.group();
    if group.is_empty() {
        return false;
    }
    let Ok(groups) = groups(server).await else { return false };
    let found = groups.iter().find(|it| it.name == group);
    if !found.is_some_and(|it| it.versions.iter().any(|it| it.version == version)) {
        return true;
    }
    match resources(server, group, version).await {
        Ok(resources) => resources.iter().all(|it| it.name != listing.plural()),
        Err(_) => false,
    }
}

/// The kinds of add-ons that rules read, each at the newest version it is served at.
pub(super) async fn custom_kinds(server: &Server) -> Result<Vec<CustomKind>, Failure> {
    let mut kinds: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    for group in groups(server).await? {
        if CUSTOM_GROUPS.iter().all(|(name, _)| *name != group.name) {
            continue;
        }
        for Version { version } in group.versions {
            for Resource { name, kind } in resources(server, &group.name, &version).await? {
                let versions = kinds.entry((group.name.clone(), name, kind)).or_default();
                versions.push(version.clone());
            }
        }
    }
    let kinds = kinds.iter().filter_map(|((group, plural, kind), versions)| {
        CustomKind::new(group, plural, kind, versions.iter().map(String::as_str))
    });
    // Constraints are listed whatever their name, but not their subresources.
    Ok(kinds.filter(|it| !it.plural.contains('/')).collect())
}

async fn groups(server: &Server) -> Result<Vec<Group>, Failure> {
    let bytes = server.get("get /apis", "/apis", Part::Whole).await?;
    object::<Groups>(&bytes, "APIGroupList").map(|it| it.groups)
}

async fn resources(server: &Server, group: &str, version: &str) -> Result<Vec<Resource>, Failure> {
    let path = format!("/apis/{group}/{version}");
    let bytes = server.get("get /apis", &path, Part::Whole).await?;
    object::<Resources>(&bytes, "APIResourceList").map(|it| it.resources)
}
