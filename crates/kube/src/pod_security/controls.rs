//! Every control with its levels and versions, and what it objects to.

use std::ops::RangeInclusive;

use super::{Level, NEWEST};
use crate::inventory::{
    meta::Labels,
    pod::{
        PodSpec,
        container::Container,
        security::{SeLinuxOptions, TypeRef},
    },
};

/// What a pod is judged by.
pub(super) struct Pod<'a> {
    pub(super) spec: &'a PodSpec,
    pub(super) annotations: &'a Labels,
    /// Minor version of the policy.
    pub(super) version: u32,
}

/// A control, or what it was for some levels and versions.
pub(super) struct Control {
    pub(super) name: &'static str,
    pub(super) levels: &'static [Level],
    pub(super) versions: RangeInclusive<u32>,
    pub(super) objections: fn(&Pod<'_>) -> Vec<String>,
}

const BASELINE: &[Level] = &[Level::Baseline];
const RESTRICTED: &[Level] = &[Level::Restricted];
const BOTH: &[Level] = &[Level::Baseline, Level::Restricted];

pub(super) const CONTROLS: &[Control] = &[
    control("hostNamespaces", BOTH, 0..=NEWEST, host_namespaces),
    control("privileged", BOTH, 0..=NEWEST, privileged),
    control("capabilities", BASELINE, 0..=NEWEST, added_capabilities),
    control("capabilities", RESTRICTED, 0..=21, added_capabilities),
    control("capabilities", RESTRICTED, 22..=NEWEST, kept_capabilities),
    control("hostPathVolumes", BASELINE, 0..=NEWEST, host_paths),
    control("restrictedVolumes", RESTRICTED, 0..=NEWEST, restricted_volumes),
    control("hostPorts", BOTH, 0..=NEWEST, host_ports),
    control("hostProbesAndHostLifecycle", BOTH, 34..=NEWEST, probe_hosts),
    control("appArmorProfile", BOTH, 0..=NEWEST, app_armor),
    control("seLinuxOptions", BOTH, 0..=NEWEST, se_linux_options),
    control("procMount", BASELINE, 0..=34, proc_mount),
    control("procMount", BASELINE, 35..=NEWEST, proc_mount_outside_user_namespaces),
    control("procMount", RESTRICTED, 0..=NEWEST, proc_mount),
    control("seccompProfile", BOTH, 0..=18, seccomp_annotations),
    control("seccompProfile", BASELINE, 19..=NEWEST, seccomp),
    control("seccompProfile", RESTRICTED, 19..=NEWEST, seccomp_required),
    control("sysctls", BOTH, 0..=NEWEST, sysctls),
    control("windowsHostProcess", BOTH, 0..=NEWEST, host_process),
    control("allowPrivilegeEscalation", RESTRICTED, 8..=NEWEST, privilege_escalation),
    control("runAsNonRoot", RESTRICTED, 0..=NEWEST, run_as_non_root),
    control("runAsUser", RESTRICTED, 23..=NEWEST, run_as_user),
];

const fn control(
    name: &'static str,
    levels: &'static [Level],
    versions: RangeInclusive<u32>,
    objections: fn(&Pod<'_>) -> Vec<String>,
) -> Control {
    Control { name, levels, versions, objections }
}

/// Capabilities that baseline lets containers add, spelled as it compares them.
pub(crate) const BASELINE_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Kernel parameters that only change the pod, and the version that admitted each.
const SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_notsent_lowat", 37),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
];

/// The minor version that admitted a kernel parameter, if any did.
pub(crate) fn sysctl_since(name: &str) -> Option<u32> {
    SYSCTLS.iter().find(|(known, _)| *known == name).map(|(_, since)| *since)
}

impl Pod<'_> {
    /// What is harmless in a user namespace is let through since 1.35.
    fn is_in_relaxed_user_namespace(&self) -> bool {
        self.version >= 35 && self.spec.host_users == Some(false)
    }

    /// Restricted does not ask for what only Linux has since 1.25.
    fn is_exempt_windows(&self) -> bool {
        self.version >= 25 && self.spec.declares_windows()
    }

    /// What is wrong with each container.
    fn each(&self, object: impl Fn(&Container) -> Option<String>) -> Vec<String> {
        let say = |it: &Container| Some(format!("container {} {}", it.name, object(it)?));
        self.spec.all_containers().filter_map(say).collect()
    }

    /// What is wrong with the pod's own setting and with that of each container.
    fn with_each(
        &self,
        of_pod: Option<String>,
        object: impl Fn(&Container) -> Option<String>,
    ) -> Vec<String> {
        let of_pod = of_pod.map(|it| format!("pod {it}"));
        of_pod.into_iter().chain(self.each(object)).collect()
    }
}

fn host_namespaces(pod: &Pod<'_>) -> Vec<String> {
    let flags = [
        (pod.spec.host_network, "hostNetwork"),
        (pod.spec.host_pid, "hostPID"),
        (pod.spec.host_ipc, "hostIPC"),
    ];
    flags.iter().filter(|it| it.0).map(|it| format!("pod sets {}: true", it.1)).collect()
}

fn privileged(pod: &Pod<'_>) -> Vec<String> {
    pod.each(|it| {
        (it.security_context.privileged == Some(true)).then(|| "sets privileged: true".to_owned())
    })
}

fn added_capabilities(pod: &Pod<'_>) -> Vec<String> {
    pod.each(|it| adds_beyond(it, BASELINE_CAPABILITIES))
}

fn kept_capabilities(pod: &Pod<'_>) -> Vec<String> {
    if pod.is_exempt_windows() {
        return Vec::new();
    }
    let mut found = pod.each(|it| {
        let drops = it.security_context.capabilities.drop.iter().any(|it| it == "ALL");
        (!drops).then(|| "does not drop capability ALL".to_owned())
    });
    found.extend(pod.each(|it| adds_beyond(it, &["NET_BIND_SERVICE"])));
    found
}

fn adds_beyond(container: &Container, allowed: &[&str]) -> Option<String> {
    let added = container.security_context.capabilities.add.iter().map(String::as_str);
    let added: Vec<&str> = added.filter(|it| !allowed.contains(it)).collect();
    (!added.is_empty()).then(|| format!("adds capabilities {}", added.join(", ")))
}

fn host_paths(pod: &Pod<'_>) -> Vec<String> {
    let paths = pod.spec.volumes.iter().filter_map(|it| Some((it, it.host_path.as_ref()?)));
    paths.map(|(it, host)| format!("volume {} is hostPath {}", it.name, host.path)).collect()
}

fn restricted_volumes(pod: &Pod<'_>) -> Vec<String> {
    let mut found = host_paths(pod);
    let others = pod.spec.volumes.iter().filter_map(|it| Some((it, it.unrestricted.as_ref()?)));
    found.extend(others.map(|(it, kind)| format!("volume {} has type {kind}", it.name)));
    found
}

fn host_ports(pod: &Pod<'_>) -> Vec<String> {
    pod.each(|it| {
        let port = it.ports.iter().find(|it| it.host_port != 0)?;
        Some(format!("uses hostPort {}", port.host_port))
    })
}

fn probe_hosts(pod: &Pod<'_>) -> Vec<String> {
    pod.each(|it| {
        let (place, host) = it.probe_hosts.iter().next()?;
        Some(format!("names host {host} in {place}"))
    })
}

fn app_armor(pod: &Pod<'_>) -> Vec<String> {
    let say = |it: Option<&TypeRef>| foreign(it).map(|it| format!("sets appArmorProfile {it}"));
    let of_pod = say(pod.spec.security_context.app_armor_profile.as_ref());
    let mut found = pod.with_each(of_pod, |it| say(it.security_context.app_armor_profile.as_ref()));
    found.extend(app_armor_annotations(pod.annotations));
    found
}

/// Annotations that were the field before 1.30 and still count.
pub(crate) fn app_armor_annotations(annotations: &Labels) -> impl Iterator<Item = String> {
    let refused = annotations.iter().filter(|(key, value)| {
        let allowed = matches!(value.as_str(), "" | "runtime/default");
        key.starts_with("container.apparmor.security.beta.kubernetes.io/")
            && !allowed
            && !value.starts_with("localhost/")
    });
    refused.map(|(key, value)| format!("annotation {key} is {value}"))
}

fn se_linux_options(pod: &Pod<'_>) -> Vec<String> {
    let say = |it: Option<&SeLinuxOptions>| se_linux(it?, pod.version);
    let of_pod = say(pod.spec.security_context.se_linux_options.as_ref());
    pod.with_each(of_pod, |it| say(it.security_context.se_linux_options.as_ref()))
}

/// What of SELinux options baseline refuses at a minor version.
pub(crate) fn se_linux(options: &SeLinuxOptions, version: u32) -> Option<String> {
    let known = match options.type_.as_str() {
        "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
        "container_engine_t" => version >= 31,
        _ => false,
    };
    let wrong = [
        ("type", &options.type_, known),
        ("user", &options.user, false),
        ("role", &options.role, false),
    ];
    let wrong = wrong.iter().filter(|(_, value, known)| !known && !value.is_empty());
    let wrong: Vec<String> = wrong.map(|(field, value, _)| format!("{field} {value}")).collect();
    (!wrong.is_empty()).then(|| format!("sets seLinuxOptions {}", wrong.join(", ")))
}

fn proc_mount(pod: &Pod<'_>) -> Vec<String> {
    pod.each(|it| {
        let mount = it.security_context.proc_mount.as_deref()?;
        (mount != "Default").then(|| format!("sets procMount {mount}"))
    })
}

fn proc_mount_outside_user_namespaces(pod: &Pod<'_>) -> Vec<String> {
    if pod.is_in_relaxed_user_namespace() { Vec::new() } else { proc_mount(pod) }
}

/// Before 1.19 profiles stood in annotations, which newer API servers ignore and the old policies still read.
fn seccomp_annotations(pod: &Pod<'_>) -> Vec<String> {
    let of_pod = "seccomp.security.alpha.kubernetes.io/pod".to_owned();
    let of_container =
        |it: &Container| format!("container.seccomp.security.alpha.kubernetes.io/{}", it.name);
    std::iter::once(of_pod)
        .chain(pod.spec.all_containers().map(of_container))
        .filter_map(|key| {
            let value = pod.annotations.get(&key)?;
            let allowed = matches!(value.as_str(), "runtime/default" | "docker/default");
            (!allowed && !value.starts_with("localhost/"))
                .then(|| format!("annotation {key} is {value}"))
        })
        .collect()
}

fn seccomp(pod: &Pod<'_>) -> Vec<String> {
    let of_pod = unconfined(pod.spec.security_context.seccomp_profile.as_ref());
    pod.with_each(of_pod, |it| unconfined(it.security_context.seccomp_profile.as_ref()))
}

fn seccomp_required(pod: &Pod<'_>) -> Vec<String> {
    if pod.is_exempt_windows() {
        return Vec::new();
    }
    let of_pod = pod.spec.security_context.seccomp_profile.as_ref();
    pod.with_each(unconfined(of_pod), |it| match it.security_context.seccomp_profile.as_ref() {
        None if of_pod.is_none() => Some("has no seccompProfile".to_owned()),
        own => unconfined(own),
    })
}

fn unconfined(profile: Option<&TypeRef>) -> Option<String> {
    foreign(profile).map(|it| format!("sets seccompProfile {it}"))
}

/// A profile that is neither the runtime's nor the node's.
pub(crate) fn foreign(profile: Option<&TypeRef>) -> Option<&str> {
    let type_ = profile?.type_.as_str();
    (!matches!(type_, "RuntimeDefault" | "Localhost")).then_some(type_)
}

fn sysctls(pod: &Pod<'_>) -> Vec<String> {
    let names = pod.spec.security_context.sysctls.iter().map(|it| it.name.as_str());
    names
        .filter(|it| sysctl_since(it).is_none_or(|since| pod.version < since))
        .map(|it| format!("pod sets sysctl {it}"))
        .collect()
}

fn host_process(pod: &Pod<'_>) -> Vec<String> {
    let say = |it: bool| it.then(|| "sets windowsOptions.hostProcess: true".to_owned());
    let of_pod = pod.spec.security_context.windows_options.as_ref();
    pod.with_each(say(of_pod.is_some_and(|it| it.host_process)), |it| {
        say(it.security_context.windows_options.as_ref()?.host_process)
    })
}

fn privilege_escalation(pod: &Pod<'_>) -> Vec<String> {
    if pod.is_exempt_windows() {
        return Vec::new();
    }
    pod.each(|it| {
        let allowed = it.security_context.allow_privilege_escalation;
        (allowed != Some(false)).then(|| "lacks allowPrivilegeEscalation: false".to_owned())
    })
}

fn run_as_non_root(pod: &Pod<'_>) -> Vec<String> {
    if pod.is_in_relaxed_user_namespace() {
        return Vec::new();
    }
    let of_pod = pod.spec.security_context.run_as_non_root;
    let refused = || "sets runAsNonRoot: false".to_owned();
    pod.with_each((of_pod == Some(false)).then(refused), |it| {
        match it.security_context.run_as_non_root {
            Some(true) => None,
            Some(false) => Some(refused()),
            None => (of_pod != Some(true)).then(|| "lacks runAsNonRoot: true".to_owned()),
        }
    })
}

fn run_as_user(pod: &Pod<'_>) -> Vec<String> {
    if pod.is_in_relaxed_user_namespace() {
        return Vec::new();
    }
    let say = |it: Option<i64>| (it == Some(0)).then(|| "sets runAsUser: 0".to_owned());
    pod.with_each(say(pod.spec.security_context.run_as_user), |it| {
        say(it.security_context.run_as_user)
    })
}
