//! What is said first.

use super::*;
use crate::cli::top::fleet::tests::watched;
use crate::cli::top::management::Counts;
use crate::cli::top::panel::bare;

fn said(picture: &Picture) -> Vec<String> {
    let alerts = alerts(picture, Scope::Window);
    alerts.iter().map(|line| bare(line)).collect()
}

#[test]
fn what_is_wrong_is_said_the_worst_first() {
    assert_eq!(
        said(&watched(0)),
        [
            "worker-3:9464 does not answer",
            "2 dead letters",
            "1 not ready"
        ]
    );
}

#[test]
fn nothing_is_said_when_nothing_is_wrong() {
    let mut picture = watched(0);
    picture.workers.truncate(2);
    if let Some(Ok(broker)) = &mut picture.broker {
        broker.queues.retain(|queue| queue.role != Role::Dead);
    }
    assert_eq!(said(&picture), Vec::<String>::new());
}

#[test]
fn a_queue_that_nobody_takes_from_is_an_alert_when_something_lies_in_it() {
    let mut picture = watched(0);
    picture.workers.truncate(2);
    if let Some(Ok(broker)) = &mut picture.broker {
        for queue in &mut broker.queues {
            let ready = u64::from(queue.role != Role::Dead);
            queue.counts = Some(Counts {
                ready,
                ..Counts::default()
            });
        }
        broker.alarms = vec!["memory alarm on rabbit@a".to_owned()];
    }
    assert_eq!(
        said(&picture),
        [
            "memory alarm on rabbit@a",
            "nobody takes from presslate.jobs",
            "nobody takes from presslate.jobs.urgent",
            "nobody takes from presslate.suspects",
            "nobody takes from presslate.results"
        ]
    );
}

#[test]
fn workers_that_do_not_agree_about_the_broker_are_counted() {
    let mut picture = watched(0);
    picture.workers[0].broker = "blocked".to_owned();
    assert_eq!(
        bare(&broker(&picture)),
        "broker blocked 1, up 2 (RabbitMQ 4.3.6)"
    );
    for worker in &mut picture.workers {
        worker.broker = String::new();
    }
    picture.broker = None;
    assert_eq!(bare(&broker(&picture)), "broker unknown");
}
