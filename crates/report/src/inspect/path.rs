//! Visits the subjects of rules about paths, once the graph stands.

use eksray_rule::{Entry, Gap, Outcome, Scope, Subject, Verdict};

use super::{Check, no_aws, unread};
use crate::{paths::Paths, world::ClusterView};

pub(super) fn visit(
    entry: &Entry<Check>,
    view: &ClusterView<'_>,
    paths: &Paths<'_>,
    out: &mut Vec<Outcome>,
) {
    let mut push = |subject: Subject, verdict: Verdict| {
        out.push(Outcome {
            rule: entry.meta(),
            subject,
            scope: Scope::of_cluster(&view.id).into(),
            verdict,
        });
    };
    let whole = Subject::cluster(&view.id);
    let Some(aws) = &view.aws else {
        if matches!(entry.rule.check, Check::Path(_) | Check::PoolAndWorkloadPath(..)) {
            push(whole, no_aws(&view.id, paths.world));
        }
        return;
    };
    let kube = match &view.kube {
        Ok(kube) => kube,
        Err(gap) => {
            if matches!(entry.rule.check, Check::Path(_) | Check::PoolAndWorkloadPath(..)) {
                push(whole, unread(gap, paths.world));
            }
            return;
        }
    };
    let mut gaps: Vec<&Gap> = kube.workload_gaps.iter().collect();
    match entry.rule.check {
        Check::Path(check) => {
            for it in &kube.workloads {
                push(view.workload(it), check(it, view, paths));
            }
        }
        Check::PoolAndWorkloadPath(pool, workload) => {
            aws.pools.iter().for_each(|it| push(it.subject(), pool(it, view, paths)));
            for it in &kube.workloads {
                if let Some((subject, verdict)) = workload(it, view, paths) {
                    push(subject, verdict);
                }
            }
            gaps.extend(&aws.pool_gaps);
        }
        _ => return,
    }
    if let Some(gap) = gaps.first() {
        push(whole, Err((*gap).clone()));
    }
}
