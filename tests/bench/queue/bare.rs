//! The shortest loop that is as careful as the worker: an answer is published persistent and
//! mandatory, its confirm is waited for, and only then is the job acknowledged.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use tokio::time::sleep;

use crate::broker::Broker;

/// Messages a second, from the first confirm to the last acknowledgement. `marked` answers have the
/// properties and headers that presslate's have, and others none.
pub(crate) async fn measure(
    broker: &Broker,
    count: usize,
    slots: u16,
    marked: bool,
) -> Result<f64> {
    // As the worker has it: one to consume, one to publish.
    let consume = Connection::connect(&broker.url, ConnectionProperties::default()).await?;
    let publish = Connection::connect(&broker.url, ConnectionProperties::default()).await?;
    let (jobs, answers) = (
        consume.create_channel().await?,
        publish.create_channel().await?,
    );
    answers
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    jobs.basic_qos(slots, BasicQosOptions::default()).await?;
    let mut consumer = jobs
        .basic_consume(
            broker.names.jobs.as_str().into(),
            "bare".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    let results = broker.names.results.as_str();
    let mut in_hand = FuturesUnordered::new();
    let (mut taken, mut done, mut first) = (0, 0, None);
    while done < count {
        tokio::select! {
            next = consumer.next(), if taken < count && in_hand.len() < usize::from(slots) => {
                taken += 1;
                in_hand.push(handle(&answers, results, next.context("the consumer was cancelled")??, marked));
            }
            Some(handled) = in_hand.next() => {
                handled?;
                done += 1;
                first.get_or_insert_with(Instant::now);
            }
        }
    }
    let rate = rate(done, first)?;
    // The broker's channel passes acknowledgements on a few at a time, and forgets the rest when it
    // is closed.
    sleep(Duration::from_millis(300)).await;
    consume.close(200, "OK".into()).await?;
    publish.close(200, "OK".into()).await?;
    Ok(rate)
}

async fn handle(answers: &Channel, results: &str, delivery: Delivery, marked: bool) -> Result<()> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let mut properties = BasicProperties::default().with_delivery_mode(2);
    if marked {
        properties = mark(properties);
    }
    let confirmed = answers
        .basic_publish(
            results.into(),
            "result".into(),
            options,
            &delivery.data,
            properties,
        )
        .await?
        .await?;
    ensure!(
        matches!(confirmed, Confirmation::Ack(None)),
        "the broker did not take an answer: {confirmed:?}"
    );
    ensure!(
        delivery.ack(BasicAckOptions::default()).await?,
        "the channel is gone"
    );
    Ok(())
}

/// As long as presslate's own.
fn mark(properties: BasicProperties) -> BasicProperties {
    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("cloudEvents:specversion", "1.0"),
        ("cloudEvents:id", ID),
        ("cloudEvents:source", "/presslate"),
        ("cloudEvents:type", "presslate.result.v1"),
        ("cloudEvents:datacontenttype", "application/json"),
        ("cloudEvents:subject", "job-00000000"),
        ("cloudEvents:time", "2026-01-01T00:00:00Z"),
    ] {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    properties
        .with_content_type("application/json".into())
        .with_app_id("presslate".into())
        .with_type("result".into())
        .with_correlation_id("job-00000000".into())
        .with_message_id(ID.into())
        .with_timestamp(1_767_225_600)
        .with_headers(headers)
}

/// Of what came after the first.
pub(crate) fn rate(count: usize, first: Option<Instant>) -> Result<f64> {
    let took = first.context("nothing was done")?.elapsed();
    let after = u32::try_from(count.saturating_sub(1))?;
    Ok(f64::from(after) / took.as_secs_f64())
}
