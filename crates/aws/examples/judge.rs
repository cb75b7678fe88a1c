//! How judging grows with an account: `cargo run --release -p eksray-aws --example judge`.
//!
//! Makes accounts of more and more security-group rules, judges each, and prints nanoseconds per rule.
//! A number that grows from line to line means that some rule looks at the whole account for each subject.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use eksray_aws::{
    AccountContext, inspect,
    inventory::{
        Account, Region,
        ec2::{
            Instance, IpPermission, NetworkAcl, NetworkAclEntry, NetworkInterface, Route,
            RouteTable, SecurityGroup, Subnet, Vpc,
        },
        eks::{Cluster, ClusterDescription},
    },
};
use eksray_rule::{Fetched, Settings};

/// Rules of a group, as many as the default quota allows.
const RULES: usize = 60;
/// Groups, instances and interfaces of a cluster.
const GROUPS: usize = 25;

fn main() {
    let settings = Settings::default();
    for rules in [6_250, 12_500, 25_000, 50_000] {
        let account = account(rules);
        let now = "2026-11-24T00:00:00Z".parse().unwrap_or_default();
        let context =
            AccountContext { account: &account, settings: &settings, now, narrowed: false };
        let started = Instant::now();
        let outcomes = inspect(&context);
        let each = started.elapsed().as_nanos() / rules as u128;
        println!("{rules:>6} rules, {:>6} outcomes: {each:>6} ns per rule", outcomes.len());
    }
}

fn account(rules: usize) -> Account {
    let groups = rules.div_ceil(RULES);
    let clusters = groups.div_ceil(GROUPS);
    let of_cluster = |it: usize| it / GROUPS;
    let region = Region {
        clusters: Fetched::read((0..clusters).map(cluster).collect()),
        instances: Fetched::read((0..groups).map(|it| instance(it, of_cluster(it))).collect()),
        network_interfaces: Fetched::read(
            (0..groups).map(|it| interface(it, of_cluster(it))).collect(),
        ),
        security_groups: Fetched::read((0..groups).map(|it| group(it, of_cluster(it))).collect()),
        prefix_lists: Fetched::read(Vec::new()),
        auto_scaling_groups: Fetched::read(Vec::new()),
        load_balancers: Fetched::read(Vec::new()),
        vpc_endpoints: Fetched::read(Vec::new()),
        subnets: Fetched::read((0..clusters).map(subnet).collect()),
        vpcs: Fetched::read((0..clusters).map(vpc).collect()),
        route_tables: Fetched::read((0..clusters).map(table).collect()),
        network_acls: Fetched::read((0..clusters).map(acl).collect()),
        ..Region::default()
    };
    Account {
        id: "123456789012".into(),
        partition: "aws".into(),
        regions: [("eu-west-1".to_owned(), region)].into(),
        ..Account::default()
    }
}

fn cluster(it: usize) -> Cluster {
    Cluster {
        name: format!("cluster-{it}"),
        described: Fetched::read(ClusterDescription {
            vpc_id: Some(format!("vpc-{it}")),
            subnet_ids: vec![format!("subnet-{it}")],
            cluster_security_group_id: Some(format!("sg-{}", it * GROUPS)),
            ..ClusterDescription::default()
        }),
        nodegroups: Fetched::read(Vec::new()),
        fargate_profiles: Fetched::read(Vec::new()),
        ..Cluster::default()
    }
}

fn instance(it: usize, cluster: usize) -> Instance {
    Instance {
        instance_id: format!("i-{it}"),
        state: "running".into(),
        key_name: Some("ops".into()),
        subnet_id: Some(format!("subnet-{cluster}")),
        vpc_id: Some(format!("vpc-{cluster}")),
        tags: [(format!("kubernetes.io/cluster/cluster-{cluster}"), "owned".into())].into(),
        ..Instance::default()
    }
}

fn interface(it: usize, cluster: usize) -> NetworkInterface {
    NetworkInterface {
        network_interface_id: format!("eni-{it}"),
        instance_id: Some(format!("i-{it}")),
        status: "in-use".into(),
        subnet_id: format!("subnet-{cluster}"),
        vpc_id: format!("vpc-{cluster}"),
        public_ip: Some([203, 0, 113, 7].into()),
        groups: vec![format!("sg-{}", cluster * GROUPS), format!("sg-{it}")],
        ..NetworkInterface::default()
    }
}

/// Single ports for offices, ranges for networks, and now and then a port for everybody.
fn group(it: usize, cluster: usize) -> SecurityGroup {
    let permission = |rule: usize| {
        let port = i32::try_from(1000 + 97 * rule).unwrap_or_default();
        let source = match rule % 20 {
            0 => "0.0.0.0/0".to_owned(),
            1..10 => format!("198.51.100.{}/32", rule * 4),
            _ => format!("10.{rule}.0.0/16"),
        };
        IpPermission {
            ip_protocol: "tcp".into(),
            from_port: Some(port),
            to_port: Some(port + if rule.is_multiple_of(3) { 500 } else { 0 }),
            ip_ranges: source.parse().into_iter().collect(),
            ..IpPermission::default()
        }
    };
    SecurityGroup {
        group_id: format!("sg-{it}"),
        vpc_id: format!("vpc-{cluster}"),
        ip_permissions: (0..RULES).map(permission).collect(),
        ..SecurityGroup::default()
    }
}

fn subnet(it: usize) -> Subnet {
    Subnet {
        subnet_id: format!("subnet-{it}"),
        vpc_id: format!("vpc-{it}"),
        availability_zone: "eu-west-1a".into(),
        cidr_block: "10.0.0.0/24".parse().ok(),
        ..Subnet::default()
    }
}

fn vpc(it: usize) -> Vpc {
    Vpc { vpc_id: format!("vpc-{it}"), ..Vpc::default() }
}

fn table(it: usize) -> RouteTable {
    RouteTable {
        route_table_id: format!("rtb-{it}"),
        vpc_id: format!("vpc-{it}"),
        main: true,
        routes: vec![Route {
            destination: "0.0.0.0/0".parse().ok(),
            target: "igw-1".into(),
            state: "active".into(),
            ..Route::default()
        }],
        ..RouteTable::default()
    }
}

fn acl(it: usize) -> NetworkAcl {
    let allow = |egress| NetworkAclEntry {
        rule_number: 100,
        egress,
        rule_action: "allow".into(),
        protocol: "-1".into(),
        cidr: "0.0.0.0/0".parse().ok(),
        ..NetworkAclEntry::default()
    };
    NetworkAcl {
        network_acl_id: format!("acl-{it}"),
        vpc_id: format!("vpc-{it}"),
        is_default: true,
        entries: vec![allow(false), allow(true)],
        ..NetworkAcl::default()
    }
}
