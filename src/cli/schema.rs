//! `presslate schema`: JSON Schema (draft 2020-12) of the messages, from their types.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};

use super::args::{Message, SchemaArgs};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::job::wire::{
    ControlMessage, ErrorMessage, JobMessage, PartialMessage, ProgressMessage, ResultMessage,
    VERSION,
};

/// Prints one schema.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: &SchemaArgs) -> Result<Exit, Failure> {
    let mut text = serde_json::to_string_pretty(&schema(args.message))?;
    text.push('\n');
    Output::open(None)?.write(&text)?;
    Ok(Exit::Done)
}

/// The schema of a message, with an id and a title.
pub fn schema(message: Message) -> Schema {
    // What comes in is written by others: fields with a default may be left out. Answers are read
    // by others: fields are there unless the schema says otherwise.
    let coming = || SchemaSettings::draft2020_12().for_deserialize();
    let going = || SchemaSettings::draft2020_12().for_serialize();
    match message {
        Message::Job => titled::<JobMessage>(coming(), "job"),
        Message::Control => titled::<ControlMessage>(coming(), "control"),
        Message::Result => titled::<ResultMessage>(going(), "result"),
        Message::Partial => titled::<PartialMessage>(going(), "partial"),
        Message::Progress => titled::<ProgressMessage>(going(), "progress"),
        Message::Error => titled::<ErrorMessage>(going(), "error"),
    }
}

fn titled<T: JsonSchema>(settings: SchemaSettings, name: &str) -> Schema {
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    let major = VERSION.split('.').next().unwrap_or(VERSION);
    schema.insert(
        "$id".to_owned(),
        format!("urn:presslate:schema:{name}:{major}").into(),
    );
    schema.insert(
        "title".to_owned(),
        format!("presslate {name}, version {VERSION}").into(),
    );
    schema
}
