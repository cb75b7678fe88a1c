// Generated from the files in rules/. Run scripts/sync after adding one.

mod admission {
    pub(super) mod engine_missing;
    pub(super) mod images_unverified;
    pub(super) mod policy_toothless;
    mod shared;
    pub(super) mod webhook_broken;
    pub(super) mod webhook_fails_open;
    pub(super) mod webhook_leaks_objects;
}

mod cluster {
    pub(super) mod admin_tool_present;
    pub(super) mod autoscaler_misfit;
}

mod container {
    pub(super) mod apparmor_unconfined;
    pub(super) mod capabilities_kept;
    pub(super) mod dangerous_capability;
    pub(super) mod extra_capability;
    pub(super) mod host_port;
    pub(super) mod host_probe;
    pub(super) mod image_mutable_reference;
    pub(super) mod image_unapproved_registry;
    pub(super) mod may_run_as_root;
    pub(super) mod net_raw_kept;
    pub(super) mod privilege_escalation;
    pub(super) mod privileged;
    pub(super) mod proc_unmasked;
    pub(super) mod runs_as_root;
    pub(super) mod seccomp_unconfined;
    pub(super) mod seccomp_unset;
    pub(super) mod selinux_custom;
    mod shared;
    pub(super) mod windows_host_process;
    pub(super) mod writable_root_filesystem;
}

mod ingress {
    pub(super) mod auth_bypassable;
    pub(super) mod group_shared;
    pub(super) mod nginx_unsafe;
    mod shared;
    pub(super) mod tls_missing;
}

mod namespace {
    pub(super) mod default_used;
    pub(super) mod pod_security_below_restricted;
    pub(super) mod pod_security_unenforced;
    pub(super) mod pods_violate_own_level;
    pub(super) mod quota_missing;
    pub(super) mod system_shared;
}

mod netpol {
    pub(super) mod egress_open;
    pub(super) mod ineffective;
    pub(super) mod ingress_open;
    pub(super) mod namespace_bare;
    mod shared;
}

mod node {
    pub(super) mod long_lived;
    mod shared;
    pub(super) mod version_skew;
}

mod pod {
    pub(super) mod host_ipc;
    pub(super) mod host_network;
    pub(super) mod host_pid;
    mod shared;
    pub(super) mod shared_process_namespace;
    pub(super) mod unsafe_sysctl;
}

mod rbac {
    pub(super) mod accesses_secrets;
    pub(super) mod cluster_admin_bound;
    pub(super) mod creates_persistent_volumes;
    pub(super) mod creates_pods;
    pub(super) mod dangling_binding;
    pub(super) mod defaults_widened;
    pub(super) mod disrupts_workloads;
    pub(super) mod edits_control_resources;
    pub(super) mod edits_guardrails;
    pub(super) mod edits_traffic;
    pub(super) mod everyone_bound;
    pub(super) mod executes_in_pods;
    pub(super) mod grants_itself_rights;
    pub(super) mod impersonates;
    pub(super) mod mints_tokens;
    pub(super) mod node_proxy;
    mod shared;
    pub(super) mod wildcard_granted;
}

mod sa {
    pub(super) mod default_used;
    pub(super) mod long_lived_token;
    pub(super) mod shared;
    pub(super) mod token_needlessly_mounted;
}

mod secret {
    pub(super) mod aws_keys_in_pod;
    pub(super) mod external_store_open;
    pub(super) mod external_store_unused;
    pub(super) mod in_configmap;
    pub(super) mod in_env;
    pub(super) mod literal_in_pod;
    mod shared;
}

mod service {
    pub(super) mod external_ips;
    pub(super) mod node_port;
}

mod sg {
    pub(super) mod pod_groups_unenforced;
    mod shared;
}

mod volume {
    pub(super) mod host_path;
    pub(super) mod host_path_persistent;
    pub(super) mod host_path_sensitive;
    pub(super) mod runtime_socket;
    mod shared;
    pub(super) mod type_restricted;
}

mod workload {
    pub(super) mod pdb_blocks_eviction;
    pub(super) mod pdb_missing;
    pub(super) mod probes_missing;
    pub(super) mod reference_missing;
    pub(super) mod resources_unbounded;
    pub(super) mod rollout_all_at_once;
    mod shared;
    pub(super) mod singleton;
    pub(super) mod zone_concentration;
}

use eksray_rule::Entry;

use crate::Check;

#[rustfmt::skip]
pub(crate) const ALL: &[Entry<Check>] = &[
    Entry { id: "admission-engine-missing", page: include_str!("rules/admission/engine_missing.md"), rule: admission::engine_missing::RULE },
    Entry { id: "admission-images-unverified", page: include_str!("rules/admission/images_unverified.md"), rule: admission::images_unverified::RULE },
    Entry { id: "admission-policy-toothless", page: include_str!("rules/admission/policy_toothless.md"), rule: admission::policy_toothless::RULE },
    Entry { id: "admission-webhook-broken", page: include_str!("rules/admission/webhook_broken.md"), rule: admission::webhook_broken::RULE },
    Entry { id: "admission-webhook-fails-open", page: include_str!("rules/admission/webhook_fails_open.md"), rule: admission::webhook_fails_open::RULE },
    Entry { id: "admission-webhook-leaks-objects", page: include_str!("rules/admission/webhook_leaks_objects.md"), rule: admission::webhook_leaks_objects::RULE },
    Entry { id: "cluster-admin-tool-present", page: include_str!("rules/cluster/admin_tool_present.md"), rule: cluster::admin_tool_present::RULE },
    Entry { id: "cluster-autoscaler-misfit", page: include_str!("rules/cluster/autoscaler_misfit.md"), rule: cluster::autoscaler_misfit::RULE },
    Entry { id: "container-apparmor-unconfined", page: include_str!("rules/container/apparmor_unconfined.md"), rule: container::apparmor_unconfined::RULE },
    Entry { id: "container-capabilities-kept", page: include_str!("rules/container/capabilities_kept.md"), rule: container::capabilities_kept::RULE },
    Entry { id: "container-dangerous-capability", page: include_str!("rules/container/dangerous_capability.md"), rule: container::dangerous_capability::RULE },
    Entry { id: "container-extra-capability", page: include_str!("rules/container/extra_capability.md"), rule: container::extra_capability::RULE },
    Entry { id: "container-host-port", page: include_str!("rules/container/host_port.md"), rule: container::host_port::RULE },
    Entry { id: "container-host-probe", page: include_str!("rules/container/host_probe.md"), rule: container::host_probe::RULE },
    Entry { id: "container-image-mutable-reference", page: include_str!("rules/container/image_mutable_reference.md"), rule: container::image_mutable_reference::RULE },
    Entry { id: "container-image-unapproved-registry", page: include_str!("rules/container/image_unapproved_registry.md"), rule: container::image_unapproved_registry::RULE },
    Entry { id: "container-may-run-as-root", page: include_str!("rules/container/may_run_as_root.md"), rule: container::may_run_as_root::RULE },
    Entry { id: "container-net-raw-kept", page: include_str!("rules/container/net_raw_kept.md"), rule: container::net_raw_kept::RULE },
    Entry { id: "container-privilege-escalation", page: include_str!("rules/container/privilege_escalation.md"), rule: container::privilege_escalation::RULE },
    Entry { id: "container-privileged", page: include_str!("rules/container/privileged.md"), rule: container::privileged::RULE },
    Entry { id: "container-proc-unmasked", page: include_str!("rules/container/proc_unmasked.md"), rule: container::proc_unmasked::RULE },
    Entry { id: "container-runs-as-root", page: include_str!("rules/container/runs_as_root.md"), rule: container::runs_as_root::RULE },
    Entry { id: "container-seccomp-unconfined", page: include_str!("rules/container/seccomp_unconfined.md"), rule: container::seccomp_unconfined::RULE },
    Entry { id: "container-seccomp-unset", page: include_str!("rules/container/seccomp_unset.md"), rule: container::seccomp_unset::RULE },
    Entry { id: "container-selinux-custom", page: include_str!("rules/container/selinux_custom.md"), rule: container::selinux_custom::RULE },
    Entry { id: "container-windows-host-process", page: include_str!("rules/container/windows_host_process.md"), rule: container::windows_host_process::RULE },
    Entry { id: "container-writable-root-filesystem", page: include_str!("rules/container/writable_root_filesystem.md"), rule: container::writable_root_filesystem::RULE },
    Entry { id: "ingress-auth-bypassable", page: include_str!("rules/ingress/auth_bypassable.md"), rule: ingress::auth_bypassable::RULE },
    Entry { id: "ingress-group-shared", page: include_str!("rules/ingress/group_shared.md"), rule: ingress::group_shared::RULE },
    Entry { id: "ingress-nginx-unsafe", page: include_str!("rules/ingress/nginx_unsafe.md"), rule: ingress::nginx_unsafe::RULE },
    Entry { id: "ingress-tls-missing", page: include_str!("rules/ingress/tls_missing.md"), rule: ingress::tls_missing::RULE },
    Entry { id: "namespace-default-used", page: include_str!("rules/namespace/default_used.md"), rule: namespace::default_used::RULE },
    Entry { id: "namespace-pod-security-below-restricted", page: include_str!("rules/namespace/pod_security_below_restricted.md"), rule: namespace::pod_security_below_restricted::RULE },
    Entry { id: "namespace-pod-security-unenforced", page: include_str!("rules/namespace/pod_security_unenforced.md"), rule: namespace::pod_security_unenforced::RULE },
    Entry { id: "namespace-pods-violate-own-level", page: include_str!("rules/namespace/pods_violate_own_level.md"), rule: namespace::pods_violate_own_level::RULE },
    Entry { id: "namespace-quota-missing", page: include_str!("rules/namespace/quota_missing.md"), rule: namespace::quota_missing::RULE },
    Entry { id: "namespace-system-shared", page: include_str!("rules/namespace/system_shared.md"), rule: namespace::system_shared::RULE },
    Entry { id: "netpol-egress-open", page: include_str!("rules/netpol/egress_open.md"), rule: netpol::egress_open::RULE },
    Entry { id: "netpol-ineffective", page: include_str!("rules/netpol/ineffective.md"), rule: netpol::ineffective::RULE },
    Entry { id: "netpol-ingress-open", page: include_str!("rules/netpol/ingress_open.md"), rule: netpol::ingress_open::RULE },
    Entry { id: "netpol-namespace-bare", page: include_str!("rules/netpol/namespace_bare.md"), rule: netpol::namespace_bare::RULE },
    Entry { id: "node-long-lived", page: include_str!("rules/node/long_lived.md"), rule: node::long_lived::RULE },
    Entry { id: "node-version-skew", page: include_str!("rules/node/version_skew.md"), rule: node::version_skew::RULE },
    Entry { id: "pod-host-ipc", page: include_str!("rules/pod/host_ipc.md"), rule: pod::host_ipc::RULE },
    Entry { id: "pod-host-network", page: include_str!("rules/pod/host_network.md"), rule: pod::host_network::RULE },
    Entry { id: "pod-host-pid", page: include_str!("rules/pod/host_pid.md"), rule: pod::host_pid::RULE },
    Entry { id: "pod-shared-process-namespace", page: include_str!("rules/pod/shared_process_namespace.md"), rule: pod::shared_process_namespace::RULE },
    Entry { id: "pod-unsafe-sysctl", page: include_str!("rules/pod/unsafe_sysctl.md"), rule: pod::unsafe_sysctl::RULE },
    Entry { id: "rbac-accesses-secrets", page: include_str!("rules/rbac/accesses_secrets.md"), rule: rbac::accesses_secrets::RULE },
    Entry { id: "rbac-cluster-admin-bound", page: include_str!("rules/rbac/cluster_admin_bound.md"), rule: rbac::cluster_admin_bound::RULE },
    Entry { id: "rbac-creates-persistent-volumes", page: include_str!("rules/rbac/creates_persistent_volumes.md"), rule: rbac::creates_persistent_volumes::RULE },
    Entry { id: "rbac-creates-pods", page: include_str!("rules/rbac/creates_pods.md"), rule: rbac::creates_pods::RULE },
    Entry { id: "rbac-dangling-binding", page: include_str!("rules/rbac/dangling_binding.md"), rule: rbac::dangling_binding::RULE },
    Entry { id: "rbac-defaults-widened", page: include_str!("rules/rbac/defaults_widened.md"), rule: rbac::defaults_widened::RULE },
    Entry { id: "rbac-disrupts-workloads", page: include_str!("rules/rbac/disrupts_workloads.md"), rule: rbac::disrupts_workloads::RULE },
    Entry { id: "rbac-edits-control-resources", page: include_str!("rules/rbac/edits_control_resources.md"), rule: rbac::edits_control_resources::RULE },
    Entry { id: "rbac-edits-guardrails", page: include_str!("rules/rbac/edits_guardrails.md"), rule: rbac::edits_guardrails::RULE },
    Entry { id: "rbac-edits-traffic", page: include_str!("rules/rbac/edits_traffic.md"), rule: rbac::edits_traffic::RULE },
    Entry { id: "rbac-everyone-bound", page: include_str!("rules/rbac/everyone_bound.md"), rule: rbac::everyone_bound::RULE },
    Entry { id: "rbac-executes-in-pods", page: include_str!("rules/rbac/executes_in_pods.md"), rule: rbac::executes_in_pods::RULE },
    Entry { id: "rbac-grants-itself-rights", page: include_str!("rules/rbac/grants_itself_rights.md"), rule: rbac::grants_itself_rights::RULE },
    Entry { id: "rbac-impersonates", page: include_str!("rules/rbac/impersonates.md"), rule: rbac::impersonates::RULE },
    Entry { id: "rbac-mints-tokens", page: include_str!("rules/rbac/mints_tokens.md"), rule: rbac::mints_tokens::RULE },
    Entry { id: "rbac-node-proxy", page: include_str!("rules/rbac/node_proxy.md"), rule: rbac::node_proxy::RULE },
    Entry { id: "rbac-wildcard-granted", page: include_str!("rules/rbac/wildcard_granted.md"), rule: rbac::wildcard_granted::RULE },
    Entry { id: "sa-default-used", page: include_str!("rules/sa/default_used.md"), rule: sa::default_used::RULE },
    Entry { id: "sa-long-lived-token", page: include_str!("rules/sa/long_lived_token.md"), rule: sa::long_lived_token::RULE },
    Entry { id: "sa-shared", page: include_str!("rules/sa/shared.md"), rule: sa::shared::RULE },
    Entry { id: "sa-token-needlessly-mounted", page: include_str!("rules/sa/token_needlessly_mounted.md"), rule: sa::token_needlessly_mounted::RULE },
    Entry { id: "secret-aws-keys-in-pod", page: include_str!("rules/secret/aws_keys_in_pod.md"), rule: secret::aws_keys_in_pod::RULE },
    Entry { id: "secret-external-store-open", page: include_str!("rules/secret/external_store_open.md"), rule: secret::external_store_open::RULE },
    Entry { id: "secret-external-store-unused", page: include_str!("rules/secret/external_store_unused.md"), rule: secret::external_store_unused::RULE },
    Entry { id: "secret-in-configmap", page: include_str!("rules/secret/in_configmap.md"), rule: secret::in_configmap::RULE },
    Entry { id: "secret-in-env", page: include_str!("rules/secret/in_env.md"), rule: secret::in_env::RULE },
    Entry { id: "secret-literal-in-pod", page: include_str!("rules/secret/literal_in_pod.md"), rule: secret::literal_in_pod::RULE },
    Entry { id: "service-external-ips", page: include_str!("rules/service/external_ips.md"), rule: service::external_ips::RULE },
    Entry { id: "service-node-port", page: include_str!("rules/service/node_port.md"), rule: service::node_port::RULE },
    Entry { id: "sg-pod-groups-unenforced", page: include_str!("rules/sg/pod_groups_unenforced.md"), rule: sg::pod_groups_unenforced::RULE },
    Entry { id: "volume-host-path", page: include_str!("rules/volume/host_path.md"), rule: volume::host_path::RULE },
    Entry { id: "volume-host-path-persistent", page: include_str!("rules/volume/host_path_persistent.md"), rule: volume::host_path_persistent::RULE },
    Entry { id: "volume-host-path-sensitive", page: include_str!("rules/volume/host_path_sensitive.md"), rule: volume::host_path_sensitive::RULE },
    Entry { id: "volume-runtime-socket", page: include_str!("rules/volume/runtime_socket.md"), rule: volume::runtime_socket::RULE },
    Entry { id: "volume-type-restricted", page: include_str!("rules/volume/type_restricted.md"), rule: volume::type_restricted::RULE },
    Entry { id: "workload-pdb-blocks-eviction", page: include_str!("rules/workload/pdb_blocks_eviction.md"), rule: workload::pdb_blocks_eviction::RULE },
    Entry { id: "workload-pdb-missing", page: include_str!("rules/workload/pdb_missing.md"), rule: workload::pdb_missing::RULE },
    Entry { id: "workload-probes-missing", page: include_str!("rules/workload/probes_missing.md"), rule: workload::probes_missing::RULE },
    Entry { id: "workload-reference-missing", page: include_str!("rules/workload/reference_missing.md"), rule: workload::reference_missing::RULE },
    Entry { id: "workload-resources-unbounded", page: include_str!("rules/workload/resources_unbounded.md"), rule: workload::resources_unbounded::RULE },
    Entry { id: "workload-rollout-all-at-once", page: include_str!("rules/workload/rollout_all_at_once.md"), rule: workload::rollout_all_at_once::RULE },
    Entry { id: "workload-singleton", page: include_str!("rules/workload/singleton.md"), rule: workload::singleton::RULE },
    Entry { id: "workload-zone-concentration", page: include_str!("rules/workload/zone_concentration.md"), rule: workload::zone_concentration::RULE },
];
