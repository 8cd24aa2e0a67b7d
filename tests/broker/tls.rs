//! A broker that speaks TLS, and everything that can be wrong with a certificate. No cause needs a
//! restart of the worker once it has gone away.

use presslate::queue::amqp::{ClientFiles, Files};

use super::*;
use crate::common::certificates::CLIENT;
use crate::common::node::{Node, Setup};

const TLS: Setup = Setup {
    tls: true,
    metrics: false,
    management: false,
    config: "",
};

fn config(node: &Node, login: &str, ca: Option<&std::path::Path>, client: Option<&str>) -> Config {
    let certificates = node.certificates();
    Config {
        files: Files {
            password: None,
            ca: ca.map(Into::into),
            client: client.map(|name| ClientFiles {
                certificate: certificates.pem(name),
                key: certificates.key(name),
            }),
        },
        ..Config::new(format!("amqps://{login}{}/%2f", node.tls_address()))
    }
}

/// Waits for a refusal that says this.
async fn until_refused(running: &Running, says: &str) {
    running
        .until(|state| matches!(state, LinkState::Down { reason, refused: true } if reason.contains(says)))
        .await;
    assert!(!running.link.state().is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_certificate_is_said_and_mends_without_a_restart() {
    let Some(node) = Node::start(TLS) else { return };
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    let put = |name| std::fs::copy(node.certificates().pem(name), &ca).unwrap();

    put("wrong-ca");
    let running = Running::start(config(&node, "guest:guest@", Some(&ca), None), quick());
    until_refused(&running, "signed by none of the authorities in").await;
    std::fs::write(&ca, "").unwrap();
    until_refused(&running, "holds no certificate in PEM").await;
    std::fs::remove_file(&ca).unwrap();
    until_refused(&running, "PRESSLATE_AMQP_CA_FILE").await;
    node.show("expired");
    put("ca");
    until_refused(&running, "it has expired").await;
    node.show("elsewhere");
    until_refused(&running, "it is not for \"localhost\" but for").await;
    node.show("server");
    let running = running.up().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_is_a_login_and_a_wrong_one_is_said() {
    let Some(node) = Node::start(TLS) else { return };
    let ca = node.certificates().pem("ca");
    let running = Running::start(config(&node, "", Some(&ca), Some("client")), quick())
        .up()
        .await;
    let users = node.ctl(&["list_connections", "user", "auth_mechanism"]);
    assert!(
        users.contains(CLIENT) && users.contains("EXTERNAL"),
        "{users}"
    );
    running.stop().await;

    let running = Running::start(config(&node, "", Some(&ca), Some("wrong-client")), quick());
    until_refused(&running, "does not know who signed the client certificate").await;
    running.stop().await;

    // With a user in the address the certificate is shown, and is not the login.
    let login = "guest:hunter2@";
    let running = Running::start(config(&node, login, Some(&ca), Some("client")), quick());
    until_refused(&running, "wrong user name or password").await;
    running.stop().await;

    node.ctl(&["delete_user", CLIENT]);
    let running = Running::start(config(&node, "", Some(&ca), Some("client")), quick());
    until_refused(&running, "ssl_cert_login_from").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_wants_a_client_certificate_is_understood() {
    let setup = Setup {
        config: "ssl_options.fail_if_no_peer_cert = true\n",
        ..TLS
    };
    let Some(node) = Node::start(setup) else {
        return;
    };
    let ca = node.certificates().pem("ca");
    let running = Running::start(config(&node, "guest:guest@", Some(&ca), None), quick());
    until_refused(&running, "name one with PRESSLATE_AMQP_CERT_FILE").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_kind_of_port_is_said_in_words() {
    let Some(node) = Node::start(TLS) else { return };
    let ca = node.certificates().pem("ca");
    let tls = format!("amqp://guest:guest@{}/%2f", node.tls_address());
    let running = Running::start(Config::new(tls), quick());
    until_refused(&running, "write amqps://").await;
    running.stop().await;

    let plain = Config {
        url: node.url().replace("amqp://", "amqps://").into(),
        ..config(&node, "", Some(&ca), None)
    };
    let running = Running::start(plain, quick());
    until_refused(&running, "speaks no TLS").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_corrected_in_its_file_without_a_restart() {
    let Some(node) = Node::start(Setup::default()) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    std::fs::write(&file, "hunter2\n").unwrap();
    let mut config = Config::new(node.url().replace(":guest@", "@"));
    config.files.password = Some(file.clone());
    let running = Running::start(config, quick());
    until_refused(&running, file.to_str().unwrap()).await;
    std::fs::write(&file, "guest\n").unwrap();
    let running = running.up().await;

    // The other way round: changed on the broker while the worker is up, then in the file.
    node.ctl(&["change_password", "guest", "n€w"]);
    node.ctl(&["close_all_connections", "test"]);
    until_refused(&running, "wrong user name or password").await;
    std::fs::write(&file, "n€w").unwrap();
    running.up().await.stop().await;
}
