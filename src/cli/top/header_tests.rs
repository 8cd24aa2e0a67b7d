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
            "worker-3:9464 does not answer: connection refused",
            "2 dead letters",
            "worker-2:9464 is not ready: loading starter-ko"
        ]
    );
}

#[test]
fn what_failed_within_the_window_is_said_with_its_reasons() {
    let said = said(&watched(120));
    assert!(said.contains(&"1 failed: deadline".to_owned()), "{said:?}");
    let reasons = [("poison", 1.0), ("deadline", 2.0)];
    assert_eq!(
        by_reason("failed", reasons.into_iter()).as_deref(),
        Some("3 failed: deadline 2, poison 1")
    );
    assert_eq!(by_reason("failed", std::iter::empty()), None);
}

#[test]
fn workers_that_are_not_ready_for_one_reason_say_it_once() {
    let mut picture = watched(0);
    picture.workers.truncate(3);
    let loading = picture.workers[2].state.clone();
    picture.workers[0].state = loading;
    let not_ready = |picture: &Picture| {
        let said = said(picture);
        said.into_iter()
            .find(|line| line.contains("ready"))
            .unwrap()
    };
    assert_eq!(
        not_ready(&picture),
        "2 workers are not ready: loading starter-ko"
    );
    picture.workers[1].state = State::NotReady(vec!["told to stop".to_owned(), "x".to_owned()]);
    assert_eq!(not_ready(&picture), "3 workers are not ready");
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
