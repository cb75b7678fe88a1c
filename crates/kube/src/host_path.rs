//! Paths of nodes, compared as the kernel resolves them.

use crate::inventory::pod::{PodSpec, container::VolumeMount};

/// Writing here, below or above is writing what the node runs or trusts.
pub const WRITE_SENSITIVE: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/opt/cni/bin",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/log",
    "/var/spool/cron",
];

/// Reading here, below or above is reading credentials: of the kubelet, of every pod of the node, of people.
pub const READ_SENSITIVE: &[&str] =
    &["/etc/eks", "/etc/kubernetes", "/home", "/root", "/var/lib/kubelet"];

/// What agents of the node read as a whole; too common to be called critical.
pub const READ_WIDE: &[&str] = &["/", "/proc", "/sys", "/var", "/var/lib"];

/// Sockets of container runtimes: whoever may write to one runs what they like on the node. A read-only
/// mount does not keep anybody from that.
pub const RUNTIME_SOCKETS: &[&str] = &[
    "/run/api.sock",
    "/run/containerd.sock",
    "/run/containerd/containerd.sock",
    "/run/cri-dockerd.sock",
    "/run/crio.sock",
    "/run/crio/crio.sock",
    "/run/docker.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/dockershim.sock",
    "/run/host-containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/podman/podman.sock",
];

/// Folders of sockets that start and stop containers; their names are made up at run time.
const SOCKET_FOLDERS: &[&str] = &["/run/containerd", "/run/host-containerd"];

/// The socket of a container runtime that a normalised path is or holds; `/` holds much else.
pub fn runtime_socket(path: &str) -> Option<&str> {
    if SOCKET_FOLDERS.iter().any(|it| contains(it, path)) {
        return Some(path);
    }
    let reached = |it: &&&str| path != "/" && contains(path, it);
    RUNTIME_SOCKETS.iter().find(reached).copied()
}

/// A path of the node in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Container.
    pub container: &'a str,
    /// Volume.
    pub volume: &'a str,
    /// What the container sees, normalised: the volume's path, or the `subPath` below it.
    pub path: String,
    /// Not mounted `readOnly`.
    pub writable: bool,
}

/// Every mount of a `hostPath` volume. A volume that nothing mounts gives nobody anything.
pub fn mounts(spec: &PodSpec) -> impl Iterator<Item = Mount<'_>> {
    spec.all_containers().flat_map(move |container| {
        container.volume_mounts.iter().filter_map(move |mount| {
            let volume = spec.volumes.iter().find(|it| it.name == mount.name)?;
            let path = &volume.host_path.as_ref()?.path;
            Some(Mount {
                container: &container.name,
                volume: &volume.name,
                path: seen_path(path, mount),
                writable: !mount.read_only,
            })
        })
    })
}

fn seen_path(volume: &str, mount: &VolumeMount) -> String {
    match mount.sub_path.as_str() {
        "" => normalise(volume),
        below => normalise(&format!("{volume}/{below}")),
    }
}

/// An absolute path without `.`, `..`, doubled and trailing slashes; `/var/run` is `/run` on every EKS image.
pub fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// Whether a normalised path is another one or lies under it.
pub fn contains(parent: &str, path: &str) -> bool {
    parent == "/"
        || path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_one() {
        for (path, expected) in [
            ("/", "/"),
            ("", "/"),
            ("//etc///kubernetes/", "/etc/kubernetes"),
            ("/var/lib/../../etc/./x", "/etc/x"),
            ("/../..", "/"),
            ("/var/run/docker.sock", "/run/docker.sock"),
            ("/var/running", "/var/running"),
            ("/var/x/../run", "/run"),
        ] {
            assert_eq!(normalise(path), expected, "{path}");
        }
    }

    #[test]
    fn sockets_are_reached_through_their_folders() {
        for (path, expected) in [
            ("/run/docker.sock", Some("/run/docker.sock")),
            ("/run/containerd/s/0a1b", Some("/run/containerd/s/0a1b")),
            ("/run/crio", Some("/run/crio/crio.sock")),
            ("/run", Some("/run/api.sock")),
            ("/", None),
            ("/run/containerd-evil", None),
            ("/var/log", None),
        ] {
            assert_eq!(runtime_socket(path), expected, "{path}");
        }
    }

    #[test]
    fn containment_goes_by_segments() {
        assert!(contains("/", "/etc"));
        assert!(contains("/etc", "/etc"));
        assert!(contains("/etc", "/etc/kubernetes"));
        assert!(!contains("/etc", "/etcd"));
        assert!(!contains("/etc/kubernetes", "/etc"));
    }
}
