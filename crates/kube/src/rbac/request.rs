//! What a list of rules allows, exactly as the API server's RBAC authorizer matches it.

use std::collections::BTreeSet;

use super::Rules;
use crate::inventory::rbac::PolicyRule;

/// A question to the authorizer, as a `SubjectAccessReview` asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// `get`, `create`, …
    pub verb: &'a str,
    /// API group, empty for the legacy group.
    pub group: &'a str,
    /// Resource, a subresource behind a slash: `pods`, `pods/exec`.
    pub resource: &'a str,
    /// Name; empty where a request carries none, as `list` and the `create` of a whole object.
    pub name: &'a str,
    /// Namespace; empty for cluster-scoped resources and for all namespaces together.
    /// Requests on namespace `x` itself carry `x` here.
    pub namespace: &'a str,
}

impl<'a> Request<'a> {
    /// A request without a name, for all namespaces.
    pub fn new(verb: &'a str, group: &'a str, resource: &'a str) -> Self {
        Self { verb, group, resource, name: "", namespace: "" }
    }

    /// For one object.
    #[must_use]
    pub fn named(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    /// In one namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: &'a str) -> Self {
        Self { namespace, ..self }
    }
}

/// Whether any rule allows the request. Where the rules apply is the binding's matter: see `Grant::can`.
pub fn allows(rules: &Rules<'_>, request: &Request<'_>) -> bool {
    let Request { verb, group, resource, name, .. } = *request;
    let named = |it: &PolicyRule| {
        it.resource_names.is_empty() || it.resource_names.iter().any(|it| it == name)
    };
    rules.about(resource).any(|it| matches(it, verb, group) && named(it))
}

/// Whether any rule allows a verb on a path outside resources; `*` ends a rule's path.
pub fn allows_url(rules: &Rules<'_>, verb: &str, path: &str) -> bool {
    let is_path =
        |it: &String| it == path || it.ends_with('*') && path.starts_with(it.trim_end_matches('*'));
    rules.iter().any(|it| has(&it.verbs, verb) && it.non_resource_urls.iter().any(is_path))
}

/// The objects on which something is allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Objects<'a> {
    /// None.
    None,
    /// Those with these names.
    Named(BTreeSet<&'a str>),
    /// Every one.
    All,
}

impl Objects<'_> {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The objects on which rules allow a verb.
///
/// A `create` of whole objects and a `deletecollection` carry no name, so `resourceNames` never allow them;
/// creates of subresources (`pods/exec`) carry one. `list` and `watch` carry one under a field selector.
pub fn objects<'a>(rules: &Rules<'a>, verb: &str, group: &str, resource: &str) -> Objects<'a> {
    let nameless = verb == "deletecollection" || verb == "create" && !resource.contains('/');
    let mut names = BTreeSet::new();
    for rule in rules.about(resource).filter(|it| matches(it, verb, group)) {
        if rule.resource_names.is_empty() {
            return Objects::All;
        }
        names.extend(rule.resource_names.iter().map(String::as_str));
    }
    if names.is_empty() || nameless { Objects::None } else { Objects::Named(names) }
}

/// Whether `outer` allows all that `inner` says, a wildcard of which only a wildcard covers.
pub fn covers(outer: &Rules<'_>, inner: &PolicyRule) -> bool {
    let nameless = [String::new()];
    let names = match inner.resource_names.as_slice() {
        [] => nameless.as_slice(),
        names => names,
    };
    let resources = inner.verbs.iter().all(|verb| {
        inner.api_groups.iter().all(|group| {
            inner.resources.iter().all(|resource| {
                names
                    .iter()
                    .all(|name| allows(outer, &Request::new(verb, group, resource).named(name)))
            })
        })
    });
    let urls = |verb| inner.non_resource_urls.iter().all(|url| allows_url(outer, verb, url));
    resources && inner.verbs.iter().all(|verb| urls(verb))
}

fn matches(rule: &PolicyRule, verb: &str, group: &str) -> bool {
    has(&rule.verbs, verb) && has(&rule.api_groups, group)
}

/// Equality or `*`.
fn has(patterns: &[String], value: &str) -> bool {
    patterns.iter().any(|it| it == "*" || it == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> PolicyRule {
        serde_saphyr::from_str(text).unwrap()
    }

    fn only(rule: &PolicyRule) -> Rules<'_> {
        Rules::from_iter([rule])
    }

    #[test]
    fn wildcards_match_as_the_authorizer_does() {
        let get = |resources: &str| {
            rule(&format!("{{verbs: [get], apiGroups: [''], resources: {resources}}}"))
        };
        for (pattern, resource, expected) in [
            ("[pods]", "pods", true),
            ("[pods]", "pods/exec", false),
            ("['*']", "pods/exec", true),
            ("['*/exec']", "pods/exec", true),
            ("['*/exec']", "pods", false),
            ("['*/exec']", "pods/exec2", false),
            ("['pods/*']", "pods/exec", false),
            ("['*/*']", "pods/exec", false),
            ("[secret]", "secrets", false),
            ("[pods/exec]", "pods/exec", true),
        ] {
            let rule = get(pattern);
            let request = Request::new("get", "", resource);
            assert_eq!(allows(&only(&rule), &request), expected, "{pattern} {resource}");
            assert!(!allows(&only(&rule), &Request::new("get", "apps", resource)));
            assert!(!allows(&only(&rule), &Request::new("list", "", resource)));
        }
    }

    #[test]
    fn names_limit_what_carries_a_name() {
        let one = rule("{verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [a]}");
        let rules = only(&one);
        let all = |verb, resource| objects(&rules, verb, "", resource);
        assert_eq!(all("create", "pods"), Objects::None);
        assert_eq!(all("deletecollection", "pods"), Objects::None);
        assert_eq!(all("create", "pods/exec"), Objects::Named(["a"].into()));
        assert_eq!(all("get", "secrets"), Objects::Named(["a"].into()));
        assert!(!allows(&only(&one), &Request::new("list", "", "secrets")));
        assert!(allows(&only(&one), &Request::new("list", "", "secrets").named("a")));
    }

    #[test]
    fn a_wildcard_is_covered_only_by_a_wildcard() {
        let all = rule("{verbs: ['*'], apiGroups: ['*'], resources: ['*']}");
        let pods = rule("{verbs: [get, list], apiGroups: [''], resources: [pods, pods/log]}");
        let named = rule("{verbs: [get], apiGroups: [''], resources: [pods], resourceNames: [a]}");
        let logs = rule("{verbs: [get], nonResourceURLs: ['/logs/*']}");
        let within = |outer, inner| covers(&only(outer), inner);
        assert!(within(&all, &pods) && within(&pods, &named) && within(&logs, &logs));
        assert!(!within(&pods, &all) && !within(&named, &pods) && !within(&all, &logs));
    }

    #[test]
    fn urls_match_by_prefix() {
        let logs = rule("{verbs: [get], nonResourceURLs: ['/logs/*', /metrics]}");
        let get = |path| allows_url(&only(&logs), "get", path);
        assert!(get("/logs/kube") && get("/metrics") && !get("/metrics/x") && !get("/"));
        assert!(!allows_url(&only(&logs), "post", "/metrics"));
    }
}
