//! A broker that runs short of memory or disk, or is stopped and started: nodes of the tests' own,
//! because everybody on them feels it.

use super::*;

use crate::common::broker::Broker;
use crate::common::node::{Node, Setup};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_holds_answers_back_without_ending_the_session() {
    let Some(node) = Node::start(Setup::default()) else {
        return;
    };
    for (alarm, calm) in [
        (
            &["set_vm_memory_high_watermark", "absolute", "1MB"][..],
            &["set_vm_memory_high_watermark", "0.4"][..],
        ),
        (
            &["set_disk_free_limit", "1000000GB"],
            &["set_disk_free_limit", "1MB"],
        ),
    ] {
        an_alarm(&node, alarm, calm).await;
    }
}

async fn an_alarm(node: &Node, alarm: &[&str], calm: &[&str]) {
    let broker = Broker::at(&node.url()).await.unwrap();
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
    broker.send(&job("gated-1")).await;
    running.until_started(1).await;
    node.ctl(alarm);
    // It looks once in a while, and blocks who publishes after that.
    let asked = Instant::now();
    while node.ctl(&["eval", "rabbit_alarm:get_alarms()."]).trim() == "[]" {
        assert!(asked.elapsed() < PATIENCE, "no alarm");
        sleep(Duration::from_millis(200)).await;
    }
    running.runner.open_gate();
    running.until(|state| *state == LinkState::Blocked).await;
    assert!(!running.link.state().is_ready());
    sleep(Duration::from_secs(4)).await;
    assert_eq!(
        running.link.state(),
        LinkState::Blocked,
        "the session stands"
    );
    node.ctl(calm);

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_is_back_by_itself_once_its_broker_is() {
    let Some(node) = Node::start(Setup::default()) else {
        return;
    };
    let before = Broker::at(&node.url()).await.unwrap();
    let names = before.names.clone();
    let running = Running::start(before.config(), quick()).up().await;
    for number in 0..5 {
        before.send(&job(&format!("block-{number}"))).await;
    }
    before.forget();
    node.ctl(&["stop_app"]);
    running
        .until(|state| matches!(state, LinkState::Down { .. }))
        .await;
    node.ctl(&["start_app"]);
    node.ctl(&["await_startup"]);
    // How soon is measured by tests/chaos, with nothing else on the machine.
    running.until(|state| *state == LinkState::Up).await;

    let mut after = Broker::at(&node.url()).await.unwrap();
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
