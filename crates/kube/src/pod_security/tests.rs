//! The controls of each level, one pod and every version at a time.

use super::*;

fn judge(spec: &str, level: Level, version: Option<u32>) -> Vec<String> {
    let spec: PodSpec = serde_saphyr::from_str(spec).unwrap();
    violations(&spec, &Labels::new(), level, version)
}

const HARDENED: &str = "securityContext: { allowPrivilegeEscalation: false, \
    runAsNonRoot: true, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault } }";

#[test]
fn a_hardened_pod_passes_every_version() {
    let spec = format!(
        "{{containers: [{{name: a, {HARDENED}}}], volumes: [{{name: v, emptyDir: {{}}}}, {{name: i, image: {{}}}}]}}"
    );
    for version in [None, Some(0), Some(18), Some(25), Some(35)] {
        assert_eq!(judge(&spec, Level::Restricted, version), [""; 0]);
    }
}

#[test]
fn a_plain_pod_passes_baseline_only() {
    assert_eq!(judge("{containers: [{name: a}]}", Level::Baseline, None), [""; 0]);
    assert_eq!(judge("{containers: [{name: a}]}", Level::Restricted, None).len(), 4);
    assert_eq!(judge("{containers: [{name: a}]}", Level::Restricted, Some(7)).len(), 1);
    let windows = "{os: {name: windows}, containers: [{name: a}]}";
    assert_eq!(judge(windows, Level::Restricted, None), ["container a lacks runAsNonRoot: true"]);
    assert_eq!(judge(windows, Level::Restricted, Some(24)).len(), 4);
}

#[test]
fn every_baseline_control_has_its_version() {
    for (spec, since, until) in [
        ("{hostNetwork: true}", 0, u32::MAX),
        ("{hostPID: true}", 0, u32::MAX),
        ("{hostIPC: true}", 0, u32::MAX),
        ("{initContainers: [{name: a, securityContext: {privileged: true}}]}", 0, u32::MAX),
        (
            "{ephemeralContainers: [{name: a, securityContext: {capabilities: {add: [NET_RAW]}}}]}",
            0,
            u32::MAX,
        ),
        (
            "{containers: [{name: a, securityContext: {capabilities: {add: [CAP_CHOWN]}}}]}",
            0,
            u32::MAX,
        ),
        ("{volumes: [{name: v, hostPath: {path: /}}]}", 0, u32::MAX),
        ("{containers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]}", 0, u32::MAX),
        (
            "{containers: [{name: a, livenessProbe: {httpGet: {host: 10.0.0.1, port: 80}}}]}",
            34,
            u32::MAX,
        ),
        (
            "{containers: [{name: a, lifecycle: {preStop: {tcpSocket: {host: x, port: 80}}}}]}",
            34,
            u32::MAX,
        ),
        ("{securityContext: {appArmorProfile: {type: Unconfined}}}", 0, u32::MAX),
        ("{securityContext: {seLinuxOptions: {type: spc_t}}}", 0, u32::MAX),
        ("{securityContext: {seLinuxOptions: {type: container_engine_t}}}", 0, 30),
        ("{containers: [{name: a, securityContext: {seLinuxOptions: {role: r}}}]}", 0, u32::MAX),
        ("{containers: [{name: a, securityContext: {procMount: Unmasked}}]}", 0, u32::MAX),
        (
            "{hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}",
            0,
            34,
        ),
        ("{securityContext: {seccompProfile: {type: Unconfined}}}", 19, u32::MAX),
        ("{securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}}", 0, u32::MAX),
        ("{securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}}", 0, 31),
        ("{securityContext: {windowsOptions: {hostProcess: true}}}", 0, u32::MAX),
    ] {
        for version in [0, 18, 19, 30, 31, 33, 34, 35, 37] {
            let expected = usize::from(since <= version && version <= until);
            let found = judge(spec, Level::Baseline, Some(version));
            assert_eq!(found.len(), expected, "{spec} at 1.{version}: {found:?}");
        }
    }
}

#[test]
fn restricted_judges_volumes_users_and_profiles() {
    let with = |rest: &str| format!("{{containers: [{{name: a, {HARDENED}}}], {rest}}}");
    let nfs = with("volumes: [{name: v, nfs: {server: x, path: /}}]");
    assert_eq!(judge(&nfs, Level::Restricted, None), ["volume v is a nfs"]);
    let root = with("securityContext: {runAsUser: 0}");
    assert_eq!(judge(&root, Level::Restricted, None), ["pod sets runAsUser: 0"]);
    assert_eq!(judge(&root, Level::Restricted, Some(22)), [""; 0]);
    let open = with("securityContext: {seccompProfile: {type: Unconfined}}");
    assert_eq!(judge(&open, Level::Restricted, None).len(), 1);
}

#[test]
fn labels_are_read_as_the_api_server_reads_them() {
    let read = |pairs: &[(&str, &str)]| {
        let label = |(key, value): &(&str, &str)| {
            (format!("pod-security.kubernetes.io/{key}"), (*value).to_owned())
        };
        let Enforced { level, version } = Enforced::of(&pairs.iter().map(label).collect());
        (level, version)
    };
    assert_eq!(read(&[]), (Level::Privileged, None));
    assert_eq!(read(&[("warn", "restricted")]), (Level::Privileged, None));
    assert_eq!(
        read(&[("enforce", "baseline"), ("enforce-version", "v1.28")]),
        (Level::Baseline, Some(28))
    );
    assert_eq!(
        read(&[("enforce", "baseline"), ("enforce-version", "latest")]),
        (Level::Baseline, None)
    );
    assert_eq!(read(&[("enforce", "strict")]), (Level::Restricted, None));
}
