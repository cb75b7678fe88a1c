//! Names as the authenticator compares and fills them.

/// An ARN as the authenticator compares it: lower case, and a role without its path.
pub fn canonical(arn: &str) -> String {
    let arn = arn.to_lowercase();
    match arn.split_once(":role/") {
        Some((account, path)) if account.contains(":iam:") => {
            let name = path.rsplit('/').next().unwrap_or_default();
            format!("{account}:role/{name}")
        }
        _ => arn,
    }
}

/// Whether an ARN belongs to an account.
pub fn is_account(arn: &str, account: &str) -> bool {
    arn.starts_with("arn:") && arn.split(':').nth(4) == Some(account)
}

/// Whether a template such as `dev:{{SessionName}}` can become a name; what it takes from the session has no colon.
pub fn fits(template: &str, name: &str) -> bool {
    let Some((head, rest)) = template.split_once("{{") else { return template == name };
    let Some((_, tail)) = rest.split_once("}}") else { return template == name };
    let Some(name) = name.strip_prefix(head) else { return false };
    let ends = name.char_indices().map(|(at, it)| at + it.len_utf8());
    let colon = name.find(':').unwrap_or(name.len());
    ends.take_while(|it| *it <= colon).any(|it| fits(tail, &name[it..]))
}
