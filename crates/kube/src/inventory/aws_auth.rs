//! ConfigMap `kube-system/aws-auth`: YAML texts in strings, read item by item as the authenticator does.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The mappings of `aws-auth`. Items that do not parse are skipped and counted; valid ones live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AwsAuth {
    /// Rows of `mapRoles`, then of `mapUsers`.
    pub rows: Vec<Row>,
    /// `mapAccounts`.
    pub accounts: Vec<String>,
    /// Items or whole lists that do not parse.
    pub invalid: usize,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Row {
    /// `rolearn` or `userarn`.
    pub arn: String,
    /// User name, templates included.
    pub username: String,
    /// Groups.
    pub groups: Vec<String>,
    /// From `mapRoles`; otherwise from `mapUsers`.
    pub role: bool,
}

/// A ConfigMap as the API sends it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    #[serde(deserialize_with = "super::meta::null_as_default")]
    data: ConfigData,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigData {
    map_roles: Option<String>,
    map_users: Option<String>,
    map_accounts: Option<String>,
}

impl From<ConfigMap> for AwsAuth {
    fn from(map: ConfigMap) -> Self {
        let mut auth = Self::default();
        for (text, key) in [(&map.data.map_roles, "rolearn"), (&map.data.map_users, "userarn")] {
            for item in items(text.as_deref(), &mut auth.invalid) {
                match row(&item, key) {
                    Some(row) => auth.rows.push(row),
                    None => auth.invalid += 1,
                }
            }
        }
        for item in items(map.data.map_accounts.as_deref(), &mut auth.invalid) {
            match item {
                Value::String(account) => auth.accounts.push(account),
                Value::Number(account) => {
                    auth.accounts.push(format!("{:0>12}", account.to_string()));
                }
                _ => auth.invalid += 1,
            }
        }
        auth
    }
}

fn items(text: Option<&str>, invalid: &mut usize) -> Vec<Value> {
    let Some(text) = text.filter(|it| !it.trim().is_empty()) else { return Vec::new() };
    if let Ok(items) = serde_saphyr::from_str::<Option<Vec<Value>>>(text) {
        return items.unwrap_or_default();
    }
    *invalid += 1;
    Vec::new()
}

fn row(item: &Value, key: &str) -> Option<Row> {
    let field = item.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
    let arn = field?.1.as_str().filter(|it| !it.is_empty())?.to_owned();
    let username = item.get("username").and_then(Value::as_str).unwrap_or_default().to_owned();
    let groups = match item.get("groups") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(groups)) => {
            groups.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(_) => return None,
    };
    Some(Row { arn, username, groups, role: key == "rolearn" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_rows_live_beside_invalid_ones() {
        let map: ConfigMap = serde_json::from_value(serde_json::json!({ "data": {
            "mapRoles": "- rolearn: arn:aws:iam::1:role/a\n  username: a\n  groups: [system:masters]\n- username: nobody\n",
            "mapUsers": "not: a list",
            "mapAccounts": "- \"210987654321\"\n- 12345\n",
        }}))
        .unwrap();
        let auth = AwsAuth::from(map);
        assert_eq!(auth.rows.len(), 1);
        assert_eq!(auth.rows[0].groups, ["system:masters"]);
        assert_eq!(auth.accounts, ["210987654321", "000000012345"]);
        assert_eq!(auth.invalid, 2);
    }
}
