//! Who may reach whom: network policies of every kind, resolved over the workloads of a cluster.
//!
//! Answers have three values. What a policy says in words that are not understood neither grants nor denies.
//! Whether anything enforces the policies is another question: see [`engine`].

mod address;
mod admin;
mod calico;
mod cilium;
pub mod engine;
mod evaluate;
mod model;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod properties;
mod read;
mod selector;
#[cfg(test)]
mod tests;

pub use address::Block;
pub use evaluate::{Endpoint, Opening, Port};
pub use model::{Direction, Peer, Pods, Policy, Rule, Says, Within};
pub use read::policy_of;
pub use selector::selects;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use eksray_rule::Gap;

use crate::inventory::{Kube, meta::Labels, workload::Workload};
use selector::{index_key, is_exact};

/// Yes, no, or not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// No.
    No,
    /// What would tell was not understood, or varies from pod to pod.
    Maybe,
    /// Yes.
    Yes,
}

impl Answer {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Answer {
    fn from(it: bool) -> Self {
        if it { Self::Yes } else { Self::No }
    }
}

/// The network policies of a cluster, in the order in which they decide, and what finds them.
#[derive(Debug)]
pub struct Netpols<'a> {
    kube: &'a Kube,
    policies: Vec<Policy>,
    /// Labels of each namespace, with the one that the API server sets.
    namespaces: BTreeMap<&'a str, Labels>,
    /// Policies of one namespace, by a label that their pods must have.
    by_label: BTreeMap<(String, String, String), Vec<usize>>,
    /// Policies of one namespace that name no such label.
    by_namespace: BTreeMap<String, Vec<usize>>,
    /// All policies of one namespace.
    all_of_namespace: BTreeMap<String, Vec<usize>>,
    everywhere: Vec<usize>,
    /// Workloads by a label of their pods, where that is all there is to know.
    pods_by_label: BTreeMap<(&'a str, &'a str), Vec<&'a Workload>>,
    /// Namespaces that workloads are in, listed or not.
    of_workloads: BTreeSet<&'a str>,
    /// Workloads whose pods' labels are not all known.
    inexact: Vec<&'a Workload>,
    addresses: BTreeMap<IpAddr, &'a Workload>,
}

impl<'a> Netpols<'a> {
    /// Resolves what was read; lists that were not read hold nothing here, see [`Netpols::gap`].
    pub fn resolve(kube: &'a Kube) -> Self {
        let mut policies = read::policies(kube);
        policies.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.id().cmp(&b.id())));
        let mut it = Self {
            kube,
            policies,
            namespaces: namespaces(kube),
            by_label: BTreeMap::new(),
            by_namespace: BTreeMap::new(),
            all_of_namespace: BTreeMap::new(),
            everywhere: Vec::new(),
            pods_by_label: BTreeMap::new(),
            of_workloads: kube.workloads.iter().map(|it| it.namespace.as_str()).collect(),
            inexact: Vec::new(),
            addresses: BTreeMap::new(),
        };
        it.index_policies();
        it.index_pods();
        it
    }

    /// What kept policies from being read, if anything.
    pub fn gap(&self) -> Option<&Gap> {
        self.kube.network_policies.gap().or_else(|| self.kube.network_policy_objects.gap())
    }

    /// Every policy that was read, in the order in which they decide.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policies that select a workload, or may, in the order in which they decide.
    pub fn of(&self, workload: &Workload) -> Vec<(&Policy, Answer)> {
        let mut found: Vec<usize> = self.everywhere.clone();
        let namespace = &workload.namespace;
        if is_exact(workload) {
            found.extend(self.by_namespace.get(namespace).into_iter().flatten());
            for (key, value) in workload.pod_labels.iter().chain(&workload.pods.labels) {
                let label = (namespace.clone(), key.clone(), value.clone());
                found.extend(self.by_label.get(&label).into_iter().flatten());
            }
        } else {
            found.extend(self.all_of_namespace.get(namespace).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        let policies = found.into_iter().map(|at| &self.policies[at]);
        policies
            .map(|it| (it, self.matches(&it.subject, workload)))
            .filter(|(_, answer)| *answer != Answer::No)
            .collect()
    }

    /// Whether pods of a workload are among those that a policy means.
    pub fn matches(&self, pods: &Pods, workload: &Workload) -> Answer {
        let namespace = pods.within.matches(&workload.namespace, self.labels(&workload.namespace));
        if namespace == Answer::No {
            return Answer::No;
        }
        let selected = match &pods.selector {
            None => Answer::Maybe,
            Some(selector) => selects(selector, workload),
        };
        namespace.and(selected)
    }

    /// Whether a policy means any workload at all, of those that were read.
    pub fn any(&self, pods: &Pods) -> Answer {
        let all = |list: &mut dyn Iterator<Item = &Workload>| {
            let mut found = Answer::No;
            for it in list {
                found = found.or(self.matches(pods, it));
                if found == Answer::Yes {
                    break;
                }
            }
            found
        };
        if let Within::Named(name) = &pods.within {
            return all(&mut self.kube.workloads_in(name).iter());
        }
        if let Some(label) = pods.selector.as_ref().and_then(index_key) {
            let labelled = self.pods_by_label.get(&label).into_iter().flatten();
            return all(&mut labelled.chain(&self.inexact).copied());
        }
        let here = |name: &&str| pods.within.matches(name, self.labels(name)) != Answer::No;
        let names = self.of_workloads.iter().copied().filter(here);
        all(&mut names.flat_map(|it| self.kube.workloads_in(it)))
    }

    /// A workload that has a live pod with an address of a block, outside the network of its node.
    pub fn pod_in(&self, block: &Block) -> Option<&'a Workload> {
        let range = block.net.network()..=block.net.broadcast();
        let mut inside = self.addresses.range(range).filter(|(it, _)| block.contains(**it));
        inside.next().map(|(_, it)| *it)
    }

    /// Labels of a namespace; absent where namespaces were not read, or lack this one.
    pub(crate) fn labels(&self, namespace: &str) -> Option<&Labels> {
        self.namespaces.get(namespace)
    }

    fn index_policies(&mut self) {
        for (at, policy) in self.policies.iter().enumerate() {
            let Within::Named(namespace) = &policy.subject.within else {
                self.everywhere.push(at);
                continue;
            };
            self.all_of_namespace.entry(namespace.clone()).or_default().push(at);
            match policy.subject.selector.as_ref().and_then(index_key) {
                Some((key, value)) => {
                    let label = (namespace.clone(), key.to_owned(), value.to_owned());
                    self.by_label.entry(label).or_default().push(at);
                }
                None => self.by_namespace.entry(namespace.clone()).or_default().push(at),
            }
        }
    }

    fn index_pods(&mut self) {
        for workload in &self.kube.workloads {
            if !workload.template.host_network {
                let ips = workload.pods.ips.iter().filter_map(|it| it.parse().ok());
                self.addresses.extend(ips.map(|it: IpAddr| (it, workload)));
            }
            if !is_exact(workload) {
                self.inexact.push(workload);
                continue;
            }
            for (key, value) in workload.pod_labels.iter().chain(&workload.pods.labels) {
                self.pods_by_label.entry((key, value)).or_default().push(workload);
            }
        }
    }
}

fn namespaces(kube: &Kube) -> BTreeMap<&str, Labels> {
    let read = kube.namespaces.known().map(Vec::as_slice).unwrap_or_default();
    let labelled = |name: &str, labels: &Labels| {
        let mut labels = labels.clone();
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        labels
    };
    read.iter()
        .map(|it| (it.metadata.name.as_str(), labelled(&it.metadata.name, &it.metadata.labels)))
        .collect()
}
