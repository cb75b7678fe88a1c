//! What settings change in the verdicts of rules.

#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

use eksray_kube::{decode::from_manifests, inspect};
use eksray_rule::{ClusterId, Judgement, Settings};
use jiff::Timestamp;

/// The verdict of a rule on the only subject that it has in the manifests.
fn judge(rule: &str, manifests: &str, settings: &Settings) -> Judgement {
    let cluster = ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/example".to_owned());
    let kube = from_manifests(manifests).unwrap();
    let outcomes = inspect(&cluster, &kube, Timestamp::UNIX_EPOCH, |_| settings);
    let mut own = outcomes.into_iter().filter(|it| it.rule.id == rule);
    own.next().unwrap().verdict.unwrap()
}

#[test]
fn registries_are_compared_by_whole_segments() {
    let listed = ["https://Registry.example.com/team/", "docker.io", "registry.example.com:5000"];
    let registries = listed.map(str::to_owned).to_vec();
    let settings = Settings { registries, ..Settings::default() };
    for (image, approved) in [
        ("registry.example.com/team/web:1", true),
        ("registry.example.com/team-evil/web:1", false),
        ("registry.example.com/web", false),
        ("registry.example.com:5000/web@sha256:00", true),
        ("registry.example.com:5001/web", false),
        ("nginx", true),
        ("docker.io.example.com/library/nginx", false),
        ("602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/web:1", false),
    ] {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: a, namespace: b }}\n\
             spec: {{ containers: [{{ name: c, image: \"{image}\" }}] }}"
        );
        let judged = judge("container-image-unapproved-registry", &pod, &settings);
        assert_eq!(matches!(judged, Judgement::Pass { .. }), approved, "{image}: {judged:?}");
    }
}

#[test]
fn images_of_add_ons_are_as_approved_as_the_add_on() {
    let settings = Settings { registries: vec!["docker.io".to_owned()], ..Settings::default() };
    let proxy = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: kube-proxy, namespace: kube-system }\n\
        spec: { template: { spec: { containers: [{ name: kube-proxy, \
        image: \"602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.35.0\" }] } } }";
    let judged = judge("container-image-unapproved-registry", proxy, &settings);
    assert!(matches!(judged, Judgement::Accepted { .. }), "{judged:?}");
}

#[test]
fn local_disks_are_accepted_below_their_paths_only() {
    let settings = Settings { local_disks: vec!["/mnt/disks/".to_owned()], ..Settings::default() };
    for (source, accepted) in [
        ("local: { path: /mnt/disks/ssd1 }", true),
        ("local: { path: /mnt/disks/../../etc }", false),
        ("local: { path: /mnt/disks-2/ssd1 }", false),
        ("hostPath: { path: /mnt/disks/ssd1 }", false),
    ] {
        let volume = format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{ name: a }}\nspec: {{ {source} }}"
        );
        let judged = judge("volume-host-path-persistent", &volume, &settings);
        assert_eq!(matches!(judged, Judgement::Accepted { .. }), accepted, "{source}: {judged:?}");
    }
}

#[test]
fn external_addresses_are_approved_by_range() {
    let approved_cidrs = vec!["198.51.100.0/24".parse().unwrap()];
    let settings = Settings { approved_cidrs, ..Settings::default() };
    for (addresses, approved) in [
        ("198.51.100.7", true),
        ("198.51.100.7, 192.0.2.1", false),
        ("2001:db8::1", false),
        ("nonsense", false),
    ] {
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{ name: a, namespace: b }}\n\
             spec: {{ externalIPs: [{addresses}] }}"
        );
        let judged = judge("service-external-ips", &service, &settings);
        assert_eq!(matches!(judged, Judgement::Pass { .. }), approved, "{addresses}: {judged:?}");
    }
}

#[test]
fn namespaces_of_one_owner_may_share_a_group() {
    let ingress = |namespace: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{ name: a, namespace: {namespace}, \
             annotations: {{ alb.ingress.kubernetes.io/group.name: g }} }}\nspec: {{ ingressClassName: alb }}\n---\n"
        )
    };
    let both = ingress("shop") + &ingress("shop-web");
    let owned = |list: &[&str]| vec![list.iter().map(|it| (*it).to_owned()).collect()];
    for (same_owner, single_tenant, shared) in [
        (Vec::new(), false, true),
        (owned(&["shop", "shop-web", "other"]), false, false),
        (owned(&["shop", "other"]), false, true),
        (Vec::new(), true, false),
    ] {
        let settings = Settings { same_owner, single_tenant, ..Settings::default() };
        let judged = judge("ingress-group-shared", &both, &settings);
        assert_eq!(matches!(judged, Judgement::Fail { .. }), shared, "{settings:?}");
    }
}
