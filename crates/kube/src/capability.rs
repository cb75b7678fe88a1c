//! Linux capabilities, spelled as people spell them.

use crate::inventory::pod::container::Container;

/// Capabilities that lead to the node, to other pods' traffic or to the kernel's memory.
pub const DANGEROUS: &[&str] = &[
    "ALL",
    "BPF",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "PERFMON",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
];

/// Capabilities that are root on the node by themselves; `SYS_PTRACE` is beside `hostPID`.
pub const ESCAPING: &[&str] =
    &["ALL", "BPF", "DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO"];

/// Upper case and without `CAP_`, as container runtimes read it.
pub fn normalise(name: &str) -> String {
    let upper = name.trim().to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// Whether a container adds a capability, by name or with `ALL`.
pub fn adds(container: &Container, name: &str) -> bool {
    listed(&container.security_context.capabilities.add, name)
}

/// Whether a container drops a capability, by name or with `ALL`.
pub fn drops(container: &Container, name: &str) -> bool {
    listed(&container.security_context.capabilities.drop, name)
}

fn listed(list: &[String], name: &str) -> bool {
    list.iter().map(|it| normalise(it)).any(|it| it == name || it == "ALL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_capability_are_one() {
        for name in ["SYS_ADMIN", "CAP_SYS_ADMIN", "cap_sys_admin", " sys_admin "] {
            assert_eq!(normalise(name), "SYS_ADMIN");
        }
    }
}
