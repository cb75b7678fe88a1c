//! What the rules about network policies ask of a namespace and of its workloads.

use eksray_rule::{Judgement, Verdict};
use jiff::SignedDuration;

use crate::{
    Context,
    facts::{few, first_five},
    inventory::{cluster::Namespace, netpol::NetworkPolicy, workload::Workload},
    namespaces::{SYSTEM, managed_only},
    netpol::{
        Answer, Block, Direction, Endpoint, Opening, Peer, Policy, Rule, Says, Within, engine,
    },
};

/// Workloads of a namespace that policies can be about; those in the network of their node are not.
pub(super) fn subjects<'a>(namespace: &Namespace, context: &Context<'a>) -> Vec<&'a Workload> {
    let all = context.kube.workloads_in(&namespace.metadata.name).iter();
    all.filter(|it| !it.template.host_network).collect()
}

/// As facts name it.
pub(super) fn name(workload: &Workload) -> String {
    format!("{} {}", workload.kind.to_lowercase(), workload.name)
}

/// Whether some policy certainly selects one of these workloads.
pub(super) fn is_selected(subjects: &[&Workload], context: &Context<'_>) -> bool {
    let yes = |it: &Workload| context.netpols.of(it).iter().any(|(_, it)| *it == Answer::Yes);
    subjects.iter().any(|it| yes(it))
}

/// Accepts what the cluster's own namespaces lack, and those that hold only managed components.
pub(super) fn excuse(
    namespace: &Namespace,
    context: &Context<'_>,
    facts: Vec<String>,
) -> Judgement {
    if facts.is_empty() {
        return Judgement::pass();
    }
    if SYSTEM.contains(&namespace.metadata.name.as_str()) {
        return Judgement::accepted(facts, "a namespace of the cluster itself");
    }
    if managed_only(namespace, context.kube.workloads_in(&namespace.metadata.name)) {
        return Judgement::accepted(facts, "only managed components");
    }
    Judgement::of(facts)
}

/// What is open of a namespace where policies select something, in one direction.
pub(super) struct Open {
    /// How many workloads were looked at.
    pub(super) of: usize,
    /// Those that no policy isolates.
    pub(super) bare: Vec<String>,
    /// Those that a rule opens again, with the rule.
    pub(super) opened: Vec<String>,
    /// Those about which policies speak that are not understood.
    pub(super) unsure: Vec<String>,
}

/// Looks at every workload of a namespace, towards each of the ends that nobody named.
pub(super) fn open(subjects: &[&Workload], direction: Direction, context: &Context<'_>) -> Open {
    let mut open = Open { of: subjects.len(), bare: vec![], opened: vec![], unsure: vec![] };
    for workload in subjects {
        let (mut bare, mut opened, mut unsure) = (false, Vec::new(), false);
        for (end, who) in ends(direction) {
            let (openings, more) = context.netpols.openings(workload, direction, *end);
            // Policies of administrators cannot isolate pods from what is outside the cluster.
            unsure |= more;
            let decides = *end == Endpoint::Stranger || direction == Direction::Egress;
            bare |= decides && openings.iter().any(|it| it.by.is_none());
            for said in openings.iter().filter_map(|it| said(it, direction, who)) {
                // The wider end comes first.
                let rule = said.split(" admits ").next();
                if opened.iter().all(|it: &String| it.split(" admits ").next() != rule) {
                    opened.push(said);
                }
            }
        }
        match (bare, opened.is_empty(), unsure) {
            (true, _, _) => open.bare.push(name(workload)),
            (_, false, _) => open.opened.push(format!("{}: {}", name(workload), few(&opened))),
            (_, _, true) => open.unsure.push(name(workload)),
            _ => {}
        }
    }
    open
}

/// Those whom nobody named, the widest first.
fn ends(direction: Direction) -> &'static [(Endpoint<'static>, &'static str)] {
    match direction {
        Direction::Ingress => {
            &[(Endpoint::Internet, "any address"), (Endpoint::Stranger, "every namespace")]
        }
        Direction::Egress => &[(Endpoint::Internet, "any address")],
    }
}

fn said(opening: &Opening<'_>, direction: Direction, who: &str) -> Option<String> {
    let (policy, at) = opening.by?;
    let field = field(direction);
    Some(format!("{} {field}[{at}] admits {who}{}", policy.title(), ports(opening)))
}

/// Nothing where all ports are open.
fn ports(opening: &Opening<'_>) -> String {
    let whole = opening.ports.iter().filter(|(_, first, last)| (*first, *last) == (0, u16::MAX));
    if whole.count() == 3 {
        return String::new();
    }
    let said = opening.ports.iter().map(|(protocol, first, last)| match (first, last) {
        (0, &u16::MAX) => format!("every {protocol} port"),
        _ if first == last => format!("{protocol} {first}"),
        _ => format!("{protocol} {first}–{last}"),
    });
    format!(" on {}", few(&said.collect::<Vec<_>>()))
}

/// Judges a direction of a namespace; `more` is said beside what is open.
pub(super) fn judge(
    namespace: &Namespace,
    direction: Direction,
    context: &Context<'_>,
    more: fn(&[&Workload], &Context<'_>) -> Vec<String>,
) -> Verdict {
    if let Some(gap) = context.netpols.gap() {
        return Err(gap.clone());
    }
    let (subjects, unread) = (subjects(namespace, context), context.kube.workload_gaps.first());
    match unread {
        _ if is_selected(&subjects, context) => {}
        Some(gap) => return Err(gap.clone()),
        None => {
            let why = "no policy selects a pod, see netpol-namespace-bare";
            return Ok(Judgement::not_applicable(why));
        }
    }
    let open = open(&subjects, direction, context);
    let mut facts = facts(&open, direction);
    match unread {
        Some(gap) if facts.is_empty() => return Err(gap.clone()),
        None if facts.is_empty() && open.unsure.is_empty() => return Ok(Judgement::pass()),
        _ => {}
    }
    let possible = facts.is_empty();
    if possible {
        let unsure = few(&open.unsure);
        facts.push(format!("policies that are not understood speak of {unsure}"));
    }
    facts.extend(more(&subjects, context));
    Ok(match excuse(namespace, context, facts) {
        Judgement::Fail { facts, .. } => {
            let not_considered = unread.into_iter().cloned().collect();
            Judgement::Fail { facts, possible, not_considered }
        }
        accepted => accepted,
    })
}

fn facts(open: &Open, direction: Direction) -> Vec<String> {
    let mut facts = Vec::new();
    if !open.bare.is_empty() {
        let (some, all) = (open.bare.len(), open.of);
        let direction = field(direction);
        let bare = few(&open.bare);
        facts.push(format!("{some} of {all} workloads are not isolated for {direction}: {bare}"));
    }
    facts.extend(first_five(open.opened.clone()));
    facts
}

fn field(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// Controllers of policies take their time.
pub(super) fn is_young(policy: &NetworkPolicy, context: &Context<'_>) -> bool {
    let age = policy.metadata.creation_timestamp.map(|it| context.now.duration_since(it));
    age.is_some_and(|it| it < SignedDuration::from_hours(1))
}

/// Every rule of a policy with its place, as facts name it.
fn rules(policy: &Policy) -> Vec<(String, &Rule)> {
    let directions = [Direction::Ingress, Direction::Egress].into_iter();
    let all = directions.flat_map(|direction| {
        let rules = match policy.says(direction) {
            Says::Rules(rules) => rules.as_slice(),
            Says::Nothing | Says::Unknown => &[],
        };
        let rules = rules.iter().enumerate();
        rules.map(move |(at, it)| (format!("{}[{at}]", field(direction)), it))
    });
    all.collect()
}

/// Peers that select nothing.
pub(super) fn peers(policy: &Policy, context: &Context<'_>) -> Vec<Verdict> {
    let empty = |peer: &Peer| match peer {
        Peer::Pods(pods) => context.netpols.any(pods) == Answer::No,
        _ => false,
    };
    let judge = |(place, rule): (String, &Rule)| {
        if !rule.peers.iter().any(empty) {
            return Ok(Judgement::pass());
        }
        match context.kube.workload_gaps.first() {
            Some(gap) => Err(gap.clone()),
            None => Ok(Judgement::of(vec![format!("a peer of {place} selects no pod")])),
        }
    };
    rules(policy).into_iter().map(judge).collect()
}

/// Workloads that a policy selects and no engine covers.
pub(super) fn uncovered(policy: &Policy, context: &Context<'_>) -> Vec<String> {
    let all = match &policy.subject.within {
        Within::Named(namespace) => context.kube.workloads_in(namespace),
        _ => &[],
    };
    let selected =
        all.iter().filter(|it| context.netpols.matches(&policy.subject, it) == Answer::Yes);
    let said: Vec<String> = selected
        .filter_map(|it| Some(format!("{} ({})", name(it), engine::left_out(context.kube, it)?)))
        .collect();
    match said.as_slice() {
        [] => Vec::new(),
        some => vec![format!("selects pods that no engine covers: {}", few(some))],
    }
}

/// Blocks as small as those of single pods or nodes that hold addresses of pods, which change.
pub(super) fn blocks(policy: &Policy, context: &Context<'_>) -> Vec<String> {
    let small = |it: &&Block| it.net.prefix_len() + 8 >= it.net.max_prefix_len();
    let mut said = Vec::new();
    for (place, rule) in rules(policy) {
        let blocks = rule.peers.iter().filter_map(|it| match it {
            Peer::Blocks(blocks) => Some(blocks),
            _ => None,
        });
        for block in blocks.flatten().filter(small) {
            let pods = context.netpols.pod_in(block);
            let fact =
                |it| format!("{place} ipBlock {} holds the address of {}", block.net, name(it));
            said.extend(pods.map(fact));
        }
    }
    first_five(said)
}
