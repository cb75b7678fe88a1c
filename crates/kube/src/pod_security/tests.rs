//! The controls of each level, one pod and every version at a time.

use super::*;

/// Annotations stand beside the specification, as `annotations: {…}`.
#[derive(serde::Deserialize)]
struct Example {
    #[serde(default)]
    annotations: Labels,
    #[serde(flatten)]
    spec: PodSpec,
}

fn judge(pod: &str, level: Level, version: Option<u32>) -> Vec<String> {
    let mut pod: serde_json::Value = serde_saphyr::from_str(pod).unwrap();
    if pod["containers"].is_null() {
        pod["containers"] = serde_json::json!([]);
    }
    let Example { annotations, spec } = serde_json::from_value(pod).unwrap();
    let found = violations(&spec, &annotations, level, version.unwrap_or(NEWEST));
    found.into_iter().map(|it| it.fact).collect()
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
        (
            "{securityContext: {sysctls: [{name: net/ipv4/tcp_syncookies, value: '1'}]}}",
            0,
            u32::MAX,
        ),
        ("{securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}}", 0, 36),
        ("{securityContext: {windowsOptions: {hostProcess: true}}}", 0, u32::MAX),
        (
            "{annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}}",
            0,
            u32::MAX,
        ),
        ("{annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}}", 0, 18),
        (
            "{annotations: {container.seccomp.security.alpha.kubernetes.io/a: ''}, containers: [{name: a}]}",
            0,
            18,
        ),
    ] {
        for version in [0, 18, 19, 30, 31, 33, 34, 35, 36, 37] {
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
    assert_eq!(judge(&nfs, Level::Restricted, None), ["volume v has type nfs"]);
    let root = with("securityContext: {runAsUser: 0}");
    assert_eq!(judge(&root, Level::Restricted, None), ["pod sets runAsUser: 0"]);
    assert_eq!(judge(&root, Level::Restricted, Some(22)), [""; 0]);
    let open = with("securityContext: {seccompProfile: {type: Unconfined}}");
    assert_eq!(judge(&open, Level::Restricted, None).len(), 1);
}

#[test]
fn what_baseline_admits_breaks_nothing() {
    for pod in [
        "{annotations: {container.apparmor.security.beta.kubernetes.io/a: localhost/x}}",
        "{annotations: {container.seccomp.security.alpha.kubernetes.io/gone: unconfined}}",
        "{annotations: {seccomp.security.alpha.kubernetes.io/pod: docker/default}}",
        "{securityContext: {seLinuxOptions: {type: container_kvm_t, level: 's0:c1'}}}",
        "{securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}}",
        "{containers: [{name: a, livenessProbe: {httpGet: {host: '', port: 80}}}]}",
        "{containers: [{name: a, ports: [{containerPort: 80, hostPort: 0}]}]}",
        "{volumes: [{name: v, nfs: {server: x, path: /}}]}",
    ] {
        for version in [0, 18, 19, 37] {
            assert_eq!(judge(pod, Level::Baseline, Some(version)), [""; 0], "{pod} at 1.{version}");
        }
    }
}

#[test]
fn every_restricted_control_has_its_version() {
    const NEVER: (u32, u32) = (1, 0);
    for (pod, from, to, (since, until)) in [
        ("", "allowPrivilegeEscalation: false, ", "", (8, NEWEST)),
        ("os: {name: windows}, ", "allowPrivilegeEscalation: false, ", "", (8, 24)),
        ("", "drop: [ALL]", "drop: [all]", (22, NEWEST)),
        ("os: {name: windows}, ", "drop: [ALL]", "", (22, 24)),
        ("", "drop: [ALL]", "drop: [ALL], add: [CHOWN]", (22, NEWEST)),
        ("", "drop: [ALL]", "drop: [ALL], add: [SYS_TIME]", (0, NEWEST)),
        ("", "drop: [ALL]", "drop: [ALL], add: [NET_BIND_SERVICE]", NEVER),
        ("", "runAsNonRoot: true, ", "", (0, NEWEST)),
        ("securityContext: {runAsNonRoot: true}, ", "runAsNonRoot: true, ", "", NEVER),
        ("securityContext: {runAsNonRoot: false}, ", "", "", (0, NEWEST)),
        ("hostUsers: false, ", "runAsNonRoot: true, ", "", (0, 34)),
        ("", "runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0", (23, NEWEST)),
        ("hostUsers: false, ", "runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0", (23, 34)),
        ("hostUsers: false, ", "runAsNonRoot", "procMount: Unmasked, runAsNonRoot", (0, NEWEST)),
        ("", ", seccompProfile: { type: RuntimeDefault }", "", (19, NEWEST)),
        ("os: {name: windows}, ", ", seccompProfile: { type: RuntimeDefault }", "", (19, 24)),
        ("", "RuntimeDefault", "Unconfined", (19, NEWEST)),
        ("volumes: [{name: v, hostPath: {path: /}}], ", "", "", (0, NEWEST)),
    ] {
        let pod = format!("{{{pod}containers: [{{name: a, {}}}]}}", HARDENED.replace(from, to));
        for version in [0, 7, 8, 18, 19, 21, 22, 23, 24, 25, 34, 35, 37] {
            let expected = usize::from(since <= version && version <= until);
            let found = judge(&pod, Level::Restricted, Some(version));
            assert_eq!(found.len(), expected, "{pod} at 1.{version}: {found:?}");
        }
    }
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
    for (label, version) in [
        ("v1.0", Some(0)),
        ("v1.05", None),
        ("v1.+5", None),
        ("v1.", None),
        ("1.28", None),
        ("v2.1", None),
        ("v1.99999999999", None),
    ] {
        assert_eq!(read(&[("enforce-version", label)]), (Level::Privileged, version), "{label}");
    }
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

#[test]
fn no_server_knows_a_newer_policy_than_its_own() {
    let at = |version| Enforced { level: Level::Baseline, version }.policy_version(33);
    assert_eq!((at(None), at(Some(28)), at(Some(36))), (33, 28, 33));
}
