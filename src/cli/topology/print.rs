//! `presslate topology print`: what an administrator needs where presslate may not configure the
//! broker. Asks no broker.

use std::fmt::Write;

use crate::cli::args::TopologyFormat;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::wiring;
use crate::config::BrokerSettings;
use crate::queue::amqp::admin::vhost;
use crate::queue::topology::{Account, Keys, Names, Topology};

/// Prints it.
///
/// # Errors
/// When the address is none, or stdout cannot be written.
pub(super) fn run(
    settings: &BrokerSettings,
    format: TopologyFormat,
    replies: bool,
) -> Result<Exit, Failure> {
    let vhost = vhost(&wiring::broker(settings)).map_err(Failure::usage)?;
    let names = Names::prefixed(&settings.prefix);
    let topology = Topology::new(&names);
    let definitions = format!("{:#}\n", topology.definitions(&vhost));
    let permissions = permissions(&names, &vhost, replies);
    let text = match format {
        TopologyFormat::Definitions => definitions,
        TopologyFormat::Permissions => permissions,
        TopologyFormat::Text => format!(
            "{permissions}\n# Exchanges, queues and bindings: `presslate topology apply` as presslate-admin, or\n\
             # rabbitmqctl import_definitions FILE, with this in the file:\n{definitions}"
        ),
    };
    Output::open(None)?.write(&text)?;
    Ok(Exit::Done)
}

/// Commands for a shell.
fn permissions(names: &Names, vhost: &str, replies: bool) -> String {
    let mut text = String::new();
    let vhost = quoted(vhost);
    let mut line = |line: &str| {
        let _infallible = writeln!(text, "{line}");
    };
    line("# Accounts and what they may do. `add_user` asks for the password.");
    if vhost != "'/'" {
        line(&format!("rabbitmqctl add_vhost {vhost}"));
    }
    for account in Account::all(names, replies) {
        let Account {
            name,
            purpose,
            configure,
            write,
            read,
            keys,
        } = account;
        line(&format!("\n# {name}: {purpose}"));
        if replies && name == "presslate-worker" {
            line(
                "# With amq.default it may publish to every queue of the virtual host: whoever has its",
            );
            line("# password can put jobs, answers and orders anywhere.");
        }
        line(&format!("rabbitmqctl add_user {name}"));
        line(&format!(
            "rabbitmqctl set_permissions -p {vhost} {name} {} {} {}",
            quoted(&configure),
            quoted(&write),
            quoted(&read)
        ));
        if let Some(Keys {
            exchange,
            write,
            read,
        }) = keys
        {
            line(&format!(
                "rabbitmqctl set_topic_permissions -p {vhost} {name} {} {} {}",
                quoted(&exchange),
                quoted(&write),
                quoted(&read)
            ));
        }
    }
    text
}

/// One word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_does_not_end_the_word() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn a_producer_gets_the_two_keys_that_it_needs() {
        let commands = permissions(&Names::prefixed("desk"), "news", false);
        let command = "rabbitmqctl set_topic_permissions -p 'news' presslate-producer 'desk.jobs' '^(job|urgent)$' '^$'\n";
        assert!(commands.contains(command), "{commands}");
        assert_eq!(commands.matches("set_topic_permissions").count(), 1);
    }

    #[test]
    fn replies_are_allowed_only_when_asked_for_and_with_a_warning() {
        let names = Names::default();
        assert!(!permissions(&names, "/", false).contains("amq"));
        let open = permissions(&names, "/", true);
        assert!(open.contains(r"|amq\.default)$'"), "{open}");
        assert!(open.contains("publish to every queue"), "{open}");
    }
}
