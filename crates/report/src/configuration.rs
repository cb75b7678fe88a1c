//! Settings and who they hold for.

use eksray_rule::{ClusterId, Settings};

/// Settings, and overrides for parts of the estate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What holds everywhere.
    pub settings: Settings,
    /// What holds in parts; the first that fits a subject best wins.
    pub overrides: Vec<Override>,
}

/// Complete settings for what matches every part that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Account id.
    pub account: Option<String>,
    /// Cluster name or ARN.
    pub cluster: Option<String>,
    /// Namespace.
    pub namespace: Option<String>,
    /// The settings.
    pub settings: Settings,
}

impl Configuration {
    /// Settings of an account, apart from its clusters.
    pub fn for_account(&self, account: &str) -> &Settings {
        let fits = |it: &&Override| {
            it.account.as_deref() == Some(account) && it.cluster.is_none() && it.namespace.is_none()
        };
        self.overrides.iter().find(fits).map_or(&self.settings, |it| &it.settings)
    }

    /// Settings of a cluster, or of a namespace in it: those that name most parts of it.
    pub fn for_cluster(&self, cluster: &ClusterId, namespace: Option<&str>) -> &Settings {
        let account = cluster.0.split(':').nth(4);
        let fits = |it: &&Override| {
            it.account.as_deref().is_none_or(|it| Some(it) == account)
                && it.cluster.as_deref().is_none_or(|it| it == cluster.name() || it == cluster.0)
                && it.namespace.as_deref().is_none_or(|it| Some(it) == namespace)
        };
        let named =
            |it: &Override| (it.namespace.is_some(), it.cluster.is_some(), it.account.is_some());
        let mut best: Option<&Override> = None;
        for it in self.overrides.iter().filter(fits) {
            if best.is_none_or(|known| named(known) < named(it)) {
                best = Some(it);
            }
        }
        best.map_or(&self.settings, |it| &it.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_override_wins() {
        let settings = |admin_limit| Settings { admin_limit, ..Settings::default() };
        let narrow = |cluster: Option<&str>, namespace: Option<&str>, limit| Override {
            account: None,
            cluster: cluster.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            settings: settings(limit),
        };
        let configuration = Configuration {
            settings: settings(1),
            overrides: vec![
                narrow(Some("shop"), None, 2),
                narrow(Some("shop"), Some("ci"), 3),
                narrow(None, Some("ci"), 4),
            ],
        };
        let cluster = |name: &str| ClusterId(format!("arn:aws:eks:eu-west-1:1:cluster/{name}"));
        let limit =
            |name, namespace| configuration.for_cluster(&cluster(name), namespace).admin_limit;
        assert_eq!(limit("shop", None), 2);
        assert_eq!(limit("shop", Some("ci")), 3);
        assert_eq!(limit("other", Some("ci")), 4);
        assert_eq!(limit("other", Some("web")), 1);
        assert_eq!(configuration.for_account("1").admin_limit, 1);
    }
}
