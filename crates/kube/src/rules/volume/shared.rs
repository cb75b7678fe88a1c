//! Which rule a path of the node falls to.

use crate::{
    host_path::{Mount, READ_SENSITIVE, READ_WIDE, WRITE_SENSITIVE, contains, runtime_socket},
    managed::Setting,
};

/// What a mount is to the rules about paths of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Judged by `volume-runtime-socket`.
    Socket,
    /// Judged by `volume-host-path-sensitive`.
    Sensitive,
    /// Read-only, and what agents read as a whole.
    Wide,
    /// Anything else.
    Other,
}

pub(super) fn kind(mount: &Mount<'_>) -> Kind {
    let path = mount.path.as_str();
    let touches = |list: &[&str]| list.iter().any(|it| contains(it, path) || contains(path, it));
    match mount.writable {
        _ if runtime_socket(path).is_some() => Kind::Socket,
        true if touches(WRITE_SENSITIVE) => Kind::Sensitive,
        false if READ_WIDE.contains(&path) => Kind::Wide,
        false if touches(READ_SENSITIVE) => Kind::Sensitive,
        _ => Kind::Other,
    }
}

/// What a container may do with a path, and the setting that lets it.
pub(super) fn access(mount: Mount<'_>) -> (String, Setting<'static>) {
    let may = if mount.writable { "write to" } else { "read" };
    let Mount { container, volume, path, writable } = mount;
    let fact = format!("container {container} may {may} {path} of the node (volume {volume})");
    let setting = if writable { Setting::HostPathWrite } else { Setting::HostPathRead };
    (fact, setting(path))
}

/// Facts in order, each once.
pub(super) fn once(mut facts: Vec<(String, Setting<'_>)>) -> Vec<(String, Setting<'_>)> {
    facts.sort_by(|(a, _), (b, _)| a.cmp(b));
    facts.dedup_by(|(a, _), (b, _)| a == b);
    facts
}
