//! Tricky names and values, from both sides.

use super::*;

#[test]
fn names_of_passwords_match_any_literal() {
    assert_eq!(kind("DB_PASSWORD", "hunter2"), Some(Kind::NamedPassword));
    assert_eq!(kind("redis.pwd", "changeme"), Some(Kind::NamedPassword));
    assert_eq!(kind("POSTGRES_PASSWD", "1234"), Some(Kind::NamedPassword));
    assert_eq!(kind("--db-pass", "x"), Some(Kind::NamedPassword));
    assert_eq!(kind("adminPassword", "<set me>"), Some(Kind::NamedPassword));
}

#[test]
fn names_of_secrets_need_a_random_value() {
    assert_eq!(kind("API_TOKEN", "f3A9-kL2m_Qz81Xw0pR7"), Some(Kind::NamedSecret));
    assert_eq!(kind("SECRET_NAME", "orders"), None);
    assert_eq!(kind("TOKEN_AUDIENCE", "https://kubernetes.default.svc"), None);
    assert_eq!(kind("API_KEY", "aaaaaaaaaaaaaaaaaaaaaaaa"), None);
    for name in ["api-key", "ACCESS_KEY", "privateKey", "--connection-str", "azure.connstr"] {
        assert_eq!(kind(name, "3f2504e0-4f89-11d3-9a0c"), Some(Kind::NamedSecret), "{name}");
    }
    assert_eq!(kind("SECRET", "qZxvTkBmWpLcRjNdHgYs"), Some(Kind::NamedSecret));
}

#[test]
fn known_forms_need_no_name() {
    assert_eq!(kind("X", "postgres://app:s3cret@db/orders"), Some(Kind::UrlUserInfo));
    assert_eq!(kind("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), Some(Kind::Jwt));
    assert_eq!(kind("X", "-----BEGIN RSA PRIVATE KEY-----\nx"), Some(Kind::PrivateKey));
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    assert_eq!(kind("X", token), Some(Kind::VendorToken));
    let url = format!("https://{token}@github.com/a/b");
    assert_eq!(kind("X", &url), Some(Kind::VendorToken));
    assert_eq!(kind("X", "redis://:s3cret@cache"), Some(Kind::UrlUserInfo));
    for (value, expected) in [
        ("psql postgres://app:s3cret@db/$(NAME)", Kind::UrlUserInfo),
        ("amqp://app:%2Fs3cret@mq", Kind::UrlUserInfo),
        ("jdbc:mysql://db/orders?user=app&password=hunter2", Kind::NamedPassword),
        ("Server=db;User Id=app;Password=hunter2", Kind::NamedPassword),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx", Kind::PrivateKey),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nx", Kind::PrivateKey),
        ("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVB", Kind::PrivateKey),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", Kind::Jwt),
        ("xoxb-123456789012-abcDEF123456", Kind::VendorToken),
        ("glpat-Zk3Jq9Xw1Lm8Pv5TxY2b", Kind::VendorToken),
        ("sk-ant-api03-Zk3Jq9Xw1Lm8Pv5TxY2b", Kind::VendorToken),
        (
            "https://hooks.slack.com/services/T0000000A/B0000000A/Zk3Jq9Xw1Lm8Pv5TxY2bQw7R",
            Kind::VendorToken,
        ),
    ] {
        assert_eq!(kind("X", value), Some(expected), "{value}");
    }
    assert_eq!(kind("Authorization", "Basic YXBwOmh1bnRlcjI="), Some(Kind::NamedSecret));
}

#[test]
fn settings_and_references_are_not_credentials() {
    for (name, value) in [
        ("DB_PASSWORD", "$(FROM_ELSEWHERE)"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("DB_PASSWORD", ""),
        ("USE_PASSWORD", "true"),
        ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"),
        ("CALLBACK_TOKEN_URL", "https://login.example.com/oauth2/v2.0/token"),
        ("URL", "postgres://app:$(PASSWORD)@db/orders"),
        ("URL", "https://user@example.com/x"),
        ("URL", "postgres://app:<password>@db/orders"),
        ("URL", "postgres://app:***@db/orders"),
        ("DB_PASSWORD", "$(USER)-$(FROM_ELSEWHERE)"),
        ("--password", "${MYSQL_PASSWORD}"),
        ("--password", "\"$MYSQL_PASSWORD\""),
        ("PASSWORD", "$(cat"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("BACKUP_WDIR", "nightly"),
        ("BYPASS_CACHE", "sometimes"),
        ("--caSecretName", "kyverno-svc.kyverno.svc.kyverno-tls-ca"),
        ("--dynamic-serving-ca-secret-name", "cert-manager-webhook-ca"),
        ("--registryCredentialHelpers", "default,google,amazon,azure,github"),
        ("CREDENTIALS", "prod-orders-database-v2"),
        ("API_TOKEN", "<your-api-token-goes-here>"),
        ("API_TOKEN", "1234567890123456789012"),
        ("PASSWORD_FILE", "/run/x"),
        ("PASSWORDLESS_LOGIN", "passkeys"),
        ("PASSWORD_LOGIN", "disabled"),
        ("DB_PASSWORD_KEY", "password"),
        ("DB_PASSWORD_SECRET", "orders-db"),
        ("passwordSecretRef", "orders-db"),
        ("--token-ttl", "24h0m0s"),
        ("npm_config_update_notifier", "false"),
        ("X", "npm_config_update_notifier_enabled"),
        ("X", "pypi-mirror-internal-service-headless"),
        ("URL", "https://example.com/path?x=y@z"),
        ("URL", "http://%s:%s@db/orders"),
        ("URL", "postgres://app:${PASSWORD}@db/orders"),
        ("CA", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="),
        ("CA", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"),
        ("ACCESS_KEY_ID", "f3A9kL2mQz81Xw0pR7"),
        ("GIT_COMMIT", "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"),
        ("PWD", "/app"),
        ("SECRET_PATH", "C:\\secrets\\db"),
        ("TOKEN_PATH", "C:\\secrets\\db"),
        ("PASSWORD", "C:\\secrets\\db"),
        ("Authorization", "Bearer $TOKEN"),
    ] {
        assert_eq!(kind(name, value), None, "{name}={value}");
    }
}

#[test]
fn an_access_key_id_counts_only_beside_its_secret() {
    let id = Literal { place: "AWS_ID", name: "AWS_ID", value: "AKIAIOSFODNN7EXAMPLE" };
    let value = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let secret = Literal { place: "X", name: "X", value };
    let alone = find_all(&[id]);
    assert_eq!(alone.iter().map(|it| it.kind).collect::<Vec<_>>(), [Kind::AwsKeyId]);
    assert!(!alone[0].is_whole());
    let session = Literal { value: "ASIAIOSFODNN7EXAMPLE", ..id };
    assert_eq!(find_all(&[session]), []);
    let found = find_all(&[id, secret]);
    let length = Length::Medium;
    assert_eq!(found, [Credential { place: "AWS_ID".to_owned(), kind: Kind::AwsKey, length }]);
}
