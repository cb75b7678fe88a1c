//! What survives of a container, and what must not.

use super::*;

#[test]
fn settings_survive_only_with_the_values_they_can_have() {
    let container: Container = serde_json::from_value(serde_json::json!({
        "name": "aws-eks-nodeagent",
        "env": [{"name": "ENABLE_POD_ENI", "value": "true"}, {"name": "MODE", "value": "strict"},
                {"name": "NETWORK_POLICY_ENFORCING_MODE", "value": "hunter2"}],
        "args": ["--enable-network-policy=true", "--enable-ipv6=false"],
        "livenessProbe": {"grpc": {"port": 50051}},
        "readinessProbe": {"httpGet": {"port": "http"}},
        "startupProbe": {"exec": {"command": ["true"]}},
    }))
    .unwrap();
    assert_eq!(
        container.settings,
        [("--enable-network-policy", "true"), ("ENABLE_POD_ENI", "true")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    );
    assert_eq!(container.liveness_probe.as_ref().unwrap().port, Some(IntOrString::Int(50051)));
    assert_eq!(container.startup_probe, Some(Probe::default()));
    let text = serde_json::to_string(&container).unwrap();
    assert_eq!(serde_json::from_str::<Container>(&text).unwrap(), container);
}

#[test]
fn literals_leave_only_their_kind() {
    let container: Container = serde_json::from_value(serde_json::json!({
        "name": "web",
        "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "x"}],
        "args": ["--password", "canary-1", "--token=canary-2-Zk3Jq9Xw1Lm8Pv5T"],
        "command": ["sh", "-c", "USER=$(id -u) mysql --user=a --password=canary-4 --host=db"],
        "readinessProbe": {"exec": {"command": ["sh", "-c", "psql postgres://a:canary-3@db"]}},
        "livenessProbe": {"httpGet": {"httpHeaders": [
            {"name": "Authorization", "value": "Basic Y2FuYXJ5LTU6aHVudGVyMg=="},
        ]}},
    }))
    .unwrap();
    let places: Vec<&str> = container.credentials.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "DB_PASSWORD",
            "args[1]",
            "args[2]",
            "command[2]",
            "livenessProbe.httpHeaders.Authorization",
            "readinessProbe[2]",
        ]
    );
    let text = serde_json::to_string(&container).unwrap();
    assert!(!text.contains("canary") && !text.contains("hunter2"), "{text}");
    assert_eq!(serde_json::from_str::<Container>(&text).unwrap(), container);
}

#[test]
fn of_arguments_and_literals_only_what_rules_read_is_kept() {
    let container: Container = serde_json::from_value(serde_json::json!({
        "name": "c",
        "args": ["--enable-skip-login", "--insecure-port", "8443", "--auth-mode=server", "--x=y"],
        "env": [
            {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"},
            {"name": "AWS_SECRET_ACCESS_KEY", "value": "$(FROM_ELSEWHERE)"},
            {"name": "OTHER", "value": "AKIAIOSFODNN7EXAMPLE"},
        ],
    }))
    .unwrap();
    assert_eq!(
        container.flags,
        ["--enable-skip-login", "--insecure-port", "--insecure-port=8443", "--auth-mode=server"]
    );
    let literals: Vec<_> = container.env.iter().map(|it| it.literal).collect();
    assert_eq!(literals, [Some(Length::Medium), None, None]);
    let text = serde_json::to_string(&container).unwrap();
    assert!(!text.contains("AKIA"), "{text}");
    assert_eq!(serde_json::from_str::<Container>(&text).unwrap(), container);
}
