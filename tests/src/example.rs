//! Snapshots from the YAML of rule pages.

use eksray_aws::inventory::Account;
use eksray_kube::decode::from_manifests;
use eksray_report::Snapshot;
use eksray_rule::{ClusterId, Fetched};

/// An account and the manifests of one cluster: the first that the account names, else `example`.
///
/// # Errors
/// What does not parse.
pub fn snapshot(aws: &str, kube: &str) -> Result<Snapshot, Box<dyn std::error::Error>> {
    let mut snapshot = Snapshot::example();
    if !aws.is_empty() {
        let mut account: Account = serde_saphyr::from_str(aws)?;
        if account.id.is_empty() {
            "123456789012".clone_into(&mut account.id);
            "aws".clone_into(&mut account.partition);
        }
        snapshot.accounts.push(account);
    }
    if !kube.is_empty() {
        let cluster = first_cluster(&snapshot);
        snapshot.kubes.insert(cluster, Fetched::read(from_manifests(kube)?));
    }
    Ok(snapshot)
}

/// The cluster that a page's manifests are of.
pub fn first_cluster(snapshot: &Snapshot) -> ClusterId {
    let regions = snapshot.accounts.iter().flat_map(|it| &it.regions);
    let named = regions.flat_map(|(region, it)| {
        let clusters = it.clusters.known().map(Vec::as_slice).unwrap_or_default();
        clusters.iter().map(move |it| (region.as_str(), it.name.as_str()))
    });
    let (region, name) = named.into_iter().next().unwrap_or(("eu-west-1", "example"));
    ClusterId(format!("arn:aws:eks:{region}:123456789012:cluster/{name}"))
}

/// The YAML above every `verdict` block of a page, as `(aws, kube)`.
pub fn blocks(page: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let (mut aws, mut kube, mut block) = (String::new(), String::new(), "");
    for line in page.lines() {
        match (block, line) {
            ("", "```verdict") => {
                all.push((std::mem::take(&mut aws), std::mem::take(&mut kube)));
                block = line;
            }
            ("", _) if line.starts_with("```") && line.len() > 3 => block = line,
            (_, "```") => block = "",
            ("```yaml aws", _) => aws = aws + line + "\n",
            ("```yaml kube", _) => kube = kube + line + "\n",
            _ => (),
        }
    }
    all
}
