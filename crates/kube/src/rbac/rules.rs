//! Rules of a role, found by the resource that they are about: a role of ten thousand rules is asked as fast as one of ten.

use std::collections::BTreeMap;

use crate::inventory::rbac::PolicyRule;

/// The rules of a role, or of several grants together.
#[derive(Clone, Debug, Default)]
pub struct Rules<'a> {
    all: Vec<&'a PolicyRule>,
    /// Places in `all`, by resource as the rules write it.
    by_resource: BTreeMap<&'a str, Vec<usize>>,
    /// The same of `*/<subresource>`, by the subresource.
    by_subresource: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Rules<'a> {
    /// All of them, in the order of the roles.
    pub fn iter(&self) -> impl Iterator<Item = &'a PolicyRule> {
        self.all.iter().copied()
    }

    /// Those about a resource: `*`, equality, or `*/<subresource>`. Nothing else is a pattern: `pods/*` matches nothing.
    pub(super) fn about(&self, resource: &str) -> impl Iterator<Item = &'a PolicyRule> {
        let subresource = resource.split_once('/').map(|(_, it)| it);
        let places = [
            self.by_resource.get("*"),
            self.by_resource.get(resource),
            subresource.and_then(|it| self.by_subresource.get(it)),
        ];
        places.into_iter().flatten().flatten().map(|it| self.all[*it])
    }
}

impl<'a> FromIterator<&'a PolicyRule> for Rules<'a> {
    fn from_iter<I: IntoIterator<Item = &'a PolicyRule>>(rules: I) -> Self {
        let mut own = Self::default();
        for rule in rules {
            for resource in &rule.resources {
                own.by_resource.entry(resource).or_default().push(own.all.len());
                if let Some(subresource) = resource.strip_prefix("*/") {
                    own.by_subresource.entry(subresource).or_default().push(own.all.len());
                }
            }
            own.all.push(rule);
        }
        own
    }
}
