//! Credentials in files: properties, YAML, JSON, INI, environment files and scripts, read line by line.

use super::{Credential, Kind, Literal, find_all, kind, length, name::named};

/// The credentials in the text of a file. Each kind is told once for a place, whatever the number of lines.
pub fn find_in_text(place: &str, text: &str) -> Vec<Credential> {
    let mut found = find_all(&[Literal { place, name: "", value: text }]);
    for line in text.lines().map(str::trim).filter(|it| !is_comment(it)) {
        for (name, value) in pairs(line) {
            if let Some(kind @ (Kind::NamedPassword | Kind::NamedSecret)) = kind(name, value) {
                found.push(Credential { place: place.to_owned(), kind, length: length(value) });
            }
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.kind == b.kind);
    found
}

/// Whether a query or a connection string names a password.
pub(super) fn holds_password(value: &str) -> bool {
    value.contains([';', '?', '&'])
        && pairs(value).any(|(name, value)| named(name, value) == Some(Kind::NamedPassword))
}

fn is_comment(line: &str) -> bool {
    line.is_empty() || ["#", "//", ";", "--", "*", "<!--"].iter().any(|it| line.starts_with(it))
}

/// Names with the literals they are given: `name=value`, `name: value`, several in a line of JSON, of a query or
/// of a connection string.
fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split([';', '&', '?', ',', '{', '}']).filter_map(|part| {
        let (name, value) = part.split_once(['=', ':'])?;
        let name = name.trim().trim_start_matches("export ").trim_start_matches("- ");
        let (name, value) = (unquoted(name), unquoted(value));
        (is_name(name) && is_literal(value)).then_some((name, value))
    })
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.chars().all(|it| it.is_alphanumeric() || "._-".contains(it))
}

/// Types that schemas give to fields.
const TYPES: &[&str] =
    &["array", "bool", "boolean", "int", "integer", "number", "object", "str", "string"];

/// One word that stands for itself: no expression, template, call or type.
fn is_literal(value: &str) -> bool {
    !value.is_empty()
        && !value.contains(|it: char| it.is_whitespace() || "()[]<>{}`|".contains(it))
        && !value.starts_with(['$', '%', '*', '&', '!', '@', ':', '='])
        && !TYPES.contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        find_in_text("x", text).into_iter().map(|it| it.kind).collect()
    }

    #[test]
    fn passwords_are_found_in_every_format() {
        for text in [
            "spring.datasource.password=hunter2",
            "db:\n  user: app\n  password: hunter2\n",
            r#"{"user":"app","password":"hunter2"}"#,
            "[db]\npasswd = hunter2",
            "export PGPASSWORD='hunter2'",
            "Server=db;User Id=app;Password=hunter2;",
            "jdbc:mysql://db/orders?user=app&password=hunter2",
        ] {
            assert_eq!(kinds(text), [Kind::NamedPassword], "{text}");
        }
        assert_eq!(kinds("url: postgres://app:s3cret@db/orders"), [Kind::UrlUserInfo]);
        assert_eq!(
            kinds("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"),
            [Kind::PrivateKey]
        );
        let keys = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";
        assert!(kinds(keys).contains(&Kind::AwsKey));
        assert_eq!(kinds("token: f3A9-kL2m_Qz81Xw0pR7\ntoken: x"), [Kind::NamedSecret]);
    }

    #[test]
    fn code_templates_schemas_and_comments_give_nothing_away() {
        for text in [
            "# password: hunter2",
            "password: {{ .Values.password }}",
            "password = os.environ[\"DB_PASSWORD\"]",
            "password=$DB_PASSWORD",
            "password: ${DB_PASSWORD}",
            "password:\n  secretKeyRef: { name: db, key: password }",
            "password: string",
            "passwordFile: /run/secrets/db",
            "proxy_set_header Authorization $http_authorization;",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "password <- read.line()",
            "tokenUrl: https://login.example.com/oauth2/token",
            "if password == expected: return True",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }
}
