//! Zones of subnets, ways out of them, and policies of endpoints.

use std::collections::BTreeSet;

use eksray_rule::{ClusterId, Gap, Judgement, Verdict};

use crate::{
    RegionContext,
    cidr::{is_internet_wide, union},
    iam::{Condition, Document, Effect, Selection, Statement, covers},
    inspect::items,
    inventory::{
        ec2::{RouteTable, VpcEndpoint},
        eks::Cluster,
    },
    net::routes::table_of,
};

/// Whether an endpoint works.
pub(super) fn is_available(endpoint: &VpcEndpoint) -> bool {
    endpoint.state.eq_ignore_ascii_case("available")
}

/// `ecr.api` of `com.amazonaws.eu-west-1.ecr.api`; in China the name has one more label in front.
pub(super) fn service<'e>(endpoint: &'e VpcEndpoint, region: &RegionContext<'_>) -> &'e str {
    let place = format!(".{}.", region.name);
    endpoint.service_name.split_once(&place).map_or("", |(_, service)| service)
}

/// Availability Zones of subnets.
pub(super) fn zones<'a, 'b>(
    subnets: impl IntoIterator<Item = &'b str>,
    region: &RegionContext<'a>,
) -> Result<BTreeSet<&'a str>, Gap> {
    let network = region.network();
    let zone = |id| network.subnet(id).map(|it| it.availability_zone.as_str());
    subnets.into_iter().map(zone).collect()
}

/// That something stands in one zone only.
pub(super) fn in_one_zone(what: &str, subnets: &[String], region: &RegionContext<'_>) -> Verdict {
    let zones: Vec<&str> = zones(subnets.iter().map(String::as_str), region)?.into_iter().collect();
    Ok(match zones.as_slice() {
        [only] => Judgement::of(vec![format!("{what} only in {only}")]),
        _ => Judgement::pass(),
    })
}

/// Whether a table has a route out of the VPC for everything: NAT, internet or transit gateway, appliance.
pub(super) fn leads_out(table: &RouteTable) -> bool {
    let out = table.routes.iter().filter(|it| it.state == "active" && it.target != "local");
    is_internet_wide(&union(out.filter_map(|it| it.destination)))
}

/// The endpoints of a cluster VPC that work, and the ways of the nodes in it.
pub(super) struct Endpoints<'a> {
    endpoints: Vec<(&'a str, &'a VpcEndpoint)>,
    /// Subnets of nodes with their tables.
    routes: Result<Vec<(&'a str, &'a RouteTable)>, Gap>,
}

impl<'a> Endpoints<'a> {
    pub(super) fn of(
        vpc: &str,
        clusters: &[&Cluster],
        region: &RegionContext<'a>,
    ) -> Result<Self, Gap> {
        let endpoints = region.region.vpc_endpoints.known()?.iter();
        let own = endpoints.filter(|it| it.vpc_id == vpc && is_available(it));
        let ids = clusters.iter().map(|it| region.cluster_id(&it.name)).collect();
        Ok(Self {
            endpoints: own.map(|it| (service(it, region), it)).collect(),
            routes: routes(&ids, region),
        })
    }

    /// Whether nodes reach a service through an endpoint.
    pub(super) fn serve(&self, service: &str) -> Result<bool, Gap> {
        let own = || self.endpoints.iter().filter(|it| it.0 == service).map(|it| it.1);
        if own().any(|it| it.private_dns_enabled && it.vpc_endpoint_type == "Interface") {
            return Ok(true);
        }
        let gateways = own().filter(|it| it.vpc_endpoint_type == "Gateway");
        let tables: BTreeSet<&String> = gateways.flat_map(|it| &it.route_table_ids).collect();
        if tables.is_empty() {
            return Ok(false);
        }
        let routes = self.routes.as_ref().map_err(Gap::clone)?;
        Ok(routes.iter().all(|it| tables.contains(&it.1.route_table_id)))
    }

    /// Endpoints that are there and of no use to nodes.
    pub(super) fn unfit(&self) -> impl Iterator<Item = String> + '_ {
        self.endpoints.iter().filter(|it| it.1.vpc_endpoint_type == "Interface").filter_map(
            |(service, it)| {
                let fact = format!("privateDnsEnabled of {} is false", it.vpc_endpoint_id);
                (!it.private_dns_enabled && self.serve(service) == Ok(false)).then_some(fact)
            },
        )
    }

    /// Subnets of nodes without a way out of the VPC.
    pub(super) fn shut_in(&self) -> Result<Option<String>, Gap> {
        let routes = self.routes.as_ref().map_err(Gap::clone)?.iter();
        let shut: Vec<&str> = routes.filter(|it| !leads_out(it.1)).map(|it| it.0).collect();
        let mut ids = shut.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        if shut.len() > 5 {
            ids += &format!(" and {} more", shut.len() - 5);
        }
        let then = "nodes there cannot pull images or renew credentials";
        Ok((!shut.is_empty()).then(|| format!("no route out of {ids}: {then}")))
    }
}

fn routes<'a>(
    clusters: &BTreeSet<ClusterId>,
    region: &RegionContext<'a>,
) -> Result<Vec<(&'a str, &'a RouteTable)>, Gap> {
    let nodes = region.node_subnets()?;
    let mut gaps = clusters.iter().filter_map(|it| nodes.gaps.get(it)).flatten();
    if let Some(gap) = gaps.next() {
        return Err(gap.clone());
    }
    let own = nodes.subnets.iter().filter(|it| !it.1.clusters.is_disjoint(clusters));
    let network = region.network();
    own.map(|(id, _)| Ok((*id, table_of(&network, network.subnet(id)?)?))).collect()
}

/// Whether some cluster hands out credentials by Pod Identity.
pub(super) fn pod_identity(clusters: &[&Cluster]) -> Result<bool, Gap> {
    if clusters.iter().any(|it| !items(&it.pod_identity_associations).is_empty()) {
        return Ok(true);
    }
    let gap = clusters.iter().find_map(|it| it.pod_identity_associations.gap());
    gap.map_or(Ok(false), |it| Err(it.clone()))
}

/// Keys that tell whose the caller or the resource is.
const LIMITS: [&str; 10] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:resourceaccount",
];

/// Statements that let anybody do everything of a service to anything, unless a Deny keeps strangers out.
pub(super) fn open_statements<'d>(document: &'d Document, prefix: &str) -> Vec<&'d Statement> {
    let every = format!("{prefix}:*");
    let all = || document.statements.iter().filter(|it| selects(&it.actions, &every));
    if all().any(|it| it.effect == Effect::Deny && it.conditions.iter().any(keeps_out)) {
        return Vec::new();
    }
    let open = all().filter(|it| {
        it.effect == Effect::Allow
            && names_anybody(it)
            && selects(&it.resources, "*")
            && !it.conditions.iter().any(lets_in)
    });
    open.collect()
}

/// What an Allow or Deny leaves out by name is little beside all the rest.
fn selects(selection: &Selection, all: &str) -> bool {
    match selection {
        Selection::Only(patterns) => patterns.iter().any(|it| covers(it, all)),
        Selection::AllBut(patterns) => !patterns.iter().any(|it| covers(it, all)),
    }
}

fn names_anybody(statement: &Statement) -> bool {
    let anybody = |(kind, value): &(String, String)| value == "*" && (kind == "*" || kind == "AWS");
    statement.principals.as_ref().is_some_and(|it| !it.all_but && it.named.iter().any(anybody))
}

fn lets_in(condition: &Condition) -> bool {
    let is_open = condition.values.iter().any(|it| it == "*");
    is_limit(condition) && !condition.operator.contains("not") && !is_open
}

fn keeps_out(condition: &Condition) -> bool {
    is_limit(condition) && condition.operator.contains("not")
}

fn is_limit(condition: &Condition) -> bool {
    LIMITS.contains(&condition.key.as_str())
}
