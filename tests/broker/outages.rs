//! A broker that runs short of memory, or is stopped and started. These disturb everybody on it,
//! so they run only where `TEST_RABBITMQCTL` names the command for a broker of our own, such as
//! `rabbitmqctl -n spare@localhost`; `TEST_AMQP_URL` must be that broker.

use std::process::Command;

use super::*;

use crate::common::broker::setting;
use crate::common::skip::skip;

/// The command to control the broker; `None`, said aloud, without one.
fn control() -> Option<Control> {
    let Some(command) = setting("TEST_RABBITMQCTL") else {
        skip("outages need a broker of its own, set TEST_RABBITMQCTL and TEST_AMQP_URL");
        return None;
    };
    Some(Control {
        words: command.split_whitespace().map(str::to_owned).collect(),
    })
}

struct Control {
    words: Vec<String>,
}

impl Control {
    fn run(&self, arguments: &[&str]) {
        let status = Command::new(&self.words[0])
            .args(&self.words[1..])
            .args(arguments)
            .status()
            .unwrap();
        assert!(status.success(), "{arguments:?}: {status}");
    }
}

/// One at a time, because each is felt by all: hence one test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outages_of_the_broker_lose_nothing() {
    let Some(control) = control() else { return };
    a_memory_alarm_holds_answers_back_without_ending_the_session(&control).await;
    a_worker_is_back_within_five_seconds_of_its_broker(&control).await;
}

async fn a_memory_alarm_holds_answers_back_without_ending_the_session(control: &Control) {
    let broker = broker().await.unwrap();
    // The alarm lasts for several of these.
    let config = Config {
        confirm_timeout: Duration::from_secs(1),
        ..broker.config()
    };
    let running = Running::start(
        config,
        Settings {
            grace: PATIENCE,
            ..quick()
        },
    )
    .up()
    .await;
    // Sent ahead, for the alarm holds producers back as well.
    broker.send(&job("block-1")).await;
    control.run(&["set_vm_memory_high_watermark", "absolute", "1MB"]);
    running.until(|state| *state == LinkState::Blocked).await;
    assert!(!running.link.state().is_ready());
    sleep(Duration::from_secs(4)).await;
    assert_eq!(
        running.link.state(),
        LinkState::Blocked,
        "the session stands"
    );
    control.run(&["set_vm_memory_high_watermark", "0.4"]);

    assert_eq!(
        broker
            .take(&broker.names.results)
            .await
            .routing_key
            .as_str(),
        "result"
    );
    assert_eq!(
        running.stop().await,
        Drained {
            finished: 1,
            abandoned: 0
        }
    );
    assert_eq!(
        broker.waiting(&broker.names.results).await,
        0,
        "answered once"
    );
}

async fn a_worker_is_back_within_five_seconds_of_its_broker(control: &Control) {
    let before = broker().await.unwrap();
    let names = before.names.clone();
    let running = Running::start(before.config(), quick()).up().await;
    for number in 0..5 {
        before.send(&job(&format!("block-{number}"))).await;
    }
    before.forget();
    control.run(&["stop_app"]);
    running
        .until(|state| matches!(state, LinkState::Down { .. }))
        .await;
    control.run(&["start_app"]);
    control.run(&["await_startup"]);
    let ready = Instant::now();
    running.until(|state| *state == LinkState::Up).await;
    assert!(
        ready.elapsed() < Duration::from_secs(5),
        "{:?}",
        ready.elapsed()
    );

    let mut after = broker().await.unwrap();
    after.names = names;
    let mut ids = std::collections::BTreeSet::new();
    while ids.len() < 5 {
        let answer = after.take(&after.names.results).await;
        ids.insert(
            answer
                .properties
                .correlation_id()
                .clone()
                .unwrap()
                .as_str()
                .to_owned(),
        );
    }
    running.stop().await;
    assert_eq!(after.waiting(&after.names.dead).await, 0);
}
