//! The Pod Security Standards: which controls of a level a pod breaks, as the API server of a version judges it.
//!
//! Before 1.19 seccomp was an annotation that the inventory does not keep; those versions skip that control.

#[cfg(test)]
mod tests;

use crate::inventory::{
    meta::Labels,
    pod::{
        PodSpec,
        container::Container,
        security::{SeLinuxOptions, TypeRef},
    },
};

/// A level of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything is admitted.
    Privileged,
    /// Known ways to the node are stopped.
    Baseline,
    /// Pods are hardened.
    Restricted,
}

/// What a namespace enforces by its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// `pod-security.kubernetes.io/enforce`; absent means privileged, and the API server takes a value that is
    /// no level for restricted.
    pub level: Level,
    /// Minor version of `pod-security.kubernetes.io/enforce-version`; absent for the newest one.
    pub version: Option<u32>,
}

impl Enforced {
    /// Reads a namespace's labels.
    pub fn of(labels: &Labels) -> Self {
        let label = |name: &str| labels.get(&format!("pod-security.kubernetes.io/{name}"));
        let level = match label("enforce").map(String::as_str) {
            None | Some("privileged") => Level::Privileged,
            Some("baseline") => Level::Baseline,
            Some(_) => Level::Restricted,
        };
        let version = label("enforce-version").and_then(|it| it.strip_prefix("v1.")?.parse().ok());
        Self { level, version }
    }
}

/// What a pod is judged by.
struct Pod<'a> {
    spec: &'a PodSpec,
    annotations: &'a Labels,
    /// Newer than any when the newest version is asked for.
    version: u32,
}

/// The controls of a level, at a minor version (absent: the newest), that a pod breaks, with what breaks them.
pub fn violations(
    spec: &PodSpec,
    annotations: &Labels,
    level: Level,
    version: Option<u32>,
) -> Vec<String> {
    let pod = Pod { spec, annotations, version: version.unwrap_or(u32::MAX) };
    let mut found = Vec::new();
    match level {
        Level::Privileged => (),
        Level::Baseline => {
            baseline(&pod, &mut found);
            added_capabilities(&pod, BASELINE_CAPABILITIES, &mut found);
            host_paths(&pod, &mut found);
            seccomp(&pod, &mut found);
            if !(pod.version >= 35 && pod.in_user_namespace()) {
                proc_mount(&pod, &mut found);
            }
        }
        Level::Restricted => {
            baseline(&pod, &mut found);
            restricted(&pod, &mut found);
        }
    }
    found
}

const BASELINE_CAPABILITIES: &[&str] = &[
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

impl Pod<'_> {
    fn in_user_namespace(&self) -> bool {
        self.spec.host_users == Some(false)
    }

    /// Exempt from what only Linux has.
    fn is_exempt_windows(&self) -> bool {
        self.version >= 25 && self.spec.declares_windows()
    }

    /// Notes every container that a control objects to.
    fn each(&self, found: &mut Vec<String>, object: impl Fn(&Container) -> Option<String>) {
        let containers = self.spec.all_containers();
        found.extend(
            containers.filter_map(|it| Some(format!("container {} {}", it.name, object(it)?))),
        );
    }
}

/// What both levels demand in the same way.
fn baseline(pod: &Pod<'_>, found: &mut Vec<String>) {
    let context = &pod.spec.security_context;
    let flags = [
        (pod.spec.host_network, "hostNetwork"),
        (pod.spec.host_pid, "hostPID"),
        (pod.spec.host_ipc, "hostIPC"),
    ];
    found.extend(flags.iter().filter(|it| it.0).map(|it| format!("pod sets {}: true", it.1)));
    pod.each(found, |it| {
        (it.security_context.privileged == Some(true)).then(|| "sets privileged: true".to_owned())
    });
    pod.each(found, |it| {
        let port = it.ports.iter().find(|it| it.host_port != 0)?;
        Some(format!("uses hostPort {}", port.host_port))
    });
    if pod.version >= 34 {
        pod.each(found, |it| {
            let (place, host) = it.probe_hosts.iter().next()?;
            Some(format!("names host {host} in {place}"))
        });
    }
    found.extend(app_armor(context.app_armor_profile.as_ref()).map(|it| format!("pod {it}")));
    pod.each(found, |it| app_armor(it.security_context.app_armor_profile.as_ref()));
    for (key, value) in pod.annotations {
        let allowed = matches!(value.as_str(), "" | "runtime/default");
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/")
            && !allowed
            && !value.starts_with("localhost/")
        {
            found.push(format!("annotation {key} is {value}"));
        }
    }
    let labels = |it: Option<&SeLinuxOptions>| se_linux(it?, pod.version);
    found.extend(labels(context.se_linux_options.as_ref()).map(|it| format!("pod {it}")));
    pod.each(found, |it| labels(it.security_context.se_linux_options.as_ref()));
    let admitted =
        |name: &str| SYSCTLS.iter().any(|(known, since)| *known == name && *since <= pod.version);
    let sysctls = context.sysctls.iter().filter(|it| !admitted(&it.name));
    found.extend(sysctls.map(|it| format!("pod sets sysctl {}", it.name)));
    let host_process = "sets windowsOptions.hostProcess: true";
    if context.windows_options.as_ref().is_some_and(|it| it.host_process) {
        found.push(format!("pod {host_process}"));
    }
    pod.each(found, |it| {
        let options = it.security_context.windows_options.as_ref()?;
        options.host_process.then(|| host_process.to_owned())
    });
}

/// What restricted demands beyond, or instead of, baseline.
fn restricted(pod: &Pod<'_>, found: &mut Vec<String>) {
    host_paths(pod, found);
    for volume in &pod.spec.volumes {
        found.extend(
            volume.unrestricted.iter().map(|it| format!("volume {} is a {it}", volume.name)),
        );
    }
    if pod.version >= 8 && !pod.is_exempt_windows() {
        pod.each(found, |it| {
            let allowed = it.security_context.allow_privilege_escalation;
            (allowed != Some(false)).then(|| "lacks allowPrivilegeEscalation: false".to_owned())
        });
    }
    if pod.version < 22 {
        added_capabilities(pod, BASELINE_CAPABILITIES, found);
    } else if !pod.is_exempt_windows() {
        pod.each(found, |it| {
            let drops = it.security_context.capabilities.drop.iter().any(|it| it == "ALL");
            (!drops).then(|| "does not drop capability ALL".to_owned())
        });
        added_capabilities(pod, &["NET_BIND_SERVICE"], found);
    }
    if !(pod.version >= 35 && pod.in_user_namespace()) {
        runs_as_root(pod, found);
    }
    if pod.version >= 19 && !pod.is_exempt_windows() {
        let of_pod = pod.spec.security_context.seccomp_profile.as_ref();
        found.extend(unconfined(of_pod).map(|it| format!("pod {it}")));
        pod.each(found, |it| match it.security_context.seccomp_profile.as_ref() {
            None if of_pod.is_none() => Some("has no seccompProfile".to_owned()),
            own => unconfined(own),
        });
    } else {
        seccomp(pod, found);
    }
    proc_mount(pod, found);
}

fn runs_as_root(pod: &Pod<'_>, found: &mut Vec<String>) {
    let context = &pod.spec.security_context;
    if context.run_as_non_root == Some(false) {
        found.push("pod sets runAsNonRoot: false".to_owned());
    }
    pod.each(found, |it| match it.security_context.run_as_non_root {
        Some(true) => None,
        Some(false) => Some("sets runAsNonRoot: false".to_owned()),
        None => {
            (context.run_as_non_root != Some(true)).then(|| "lacks runAsNonRoot: true".to_owned())
        }
    });
    if pod.version < 23 {
        return;
    }
    if context.run_as_user == Some(0) {
        found.push("pod sets runAsUser: 0".to_owned());
    }
    pod.each(found, |it| {
        (it.security_context.run_as_user == Some(0)).then(|| "sets runAsUser: 0".to_owned())
    });
}

fn added_capabilities(pod: &Pod<'_>, allowed: &[&str], found: &mut Vec<String>) {
    pod.each(found, |it| {
        let added = &it.security_context.capabilities.add;
        let added: Vec<&str> =
            added.iter().map(String::as_str).filter(|it| !allowed.contains(it)).collect();
        (!added.is_empty()).then(|| format!("adds capabilities {}", added.join(", ")))
    });
}

fn host_paths(pod: &Pod<'_>, found: &mut Vec<String>) {
    let paths = pod.spec.volumes.iter().filter_map(|it| Some((it, it.host_path.as_ref()?)));
    found.extend(paths.map(|(it, host)| format!("volume {} is hostPath {}", it.name, host.path)));
}

fn seccomp(pod: &Pod<'_>, found: &mut Vec<String>) {
    if pod.version < 19 {
        return;
    }
    let of_pod = unconfined(pod.spec.security_context.seccomp_profile.as_ref());
    found.extend(of_pod.map(|it| format!("pod {it}")));
    pod.each(found, |it| unconfined(it.security_context.seccomp_profile.as_ref()));
}

fn unconfined(profile: Option<&TypeRef>) -> Option<String> {
    foreign(profile).map(|it| format!("sets seccompProfile {it}"))
}

fn app_armor(profile: Option<&TypeRef>) -> Option<String> {
    foreign(profile).map(|it| format!("sets appArmorProfile {it}"))
}

/// A profile that is neither the runtime's nor the node's.
fn foreign(profile: Option<&TypeRef>) -> Option<&str> {
    let type_ = profile?.type_.as_str();
    (!matches!(type_, "RuntimeDefault" | "Localhost")).then_some(type_)
}

fn se_linux(options: &SeLinuxOptions, version: u32) -> Option<String> {
    let known = match options.type_.as_str() {
        "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
        "container_engine_t" => version >= 31,
        _ => false,
    };
    match options {
        _ if !known => Some(format!("sets seLinuxOptions.type {}", options.type_)),
        SeLinuxOptions { user, .. } if !user.is_empty() => {
            Some(format!("sets seLinuxOptions.user {user}"))
        }
        SeLinuxOptions { role, .. } if !role.is_empty() => {
            Some(format!("sets seLinuxOptions.role {role}"))
        }
        _ => None,
    }
}

fn proc_mount(pod: &Pod<'_>, found: &mut Vec<String>) {
    pod.each(found, |it| {
        let mount = it.security_context.proc_mount.as_deref()?;
        (mount != "Default").then(|| format!("sets procMount {mount}"))
    });
}
