//! A RabbitMQ node of a test's own, to be stopped, killed and started at will: in a folder of its
//! own, on free ports of the loopback, with an `epmd` of its own, and gone afterwards, even when
//! the test is killed.
//!
//! Everything here blocks: a start takes some five seconds, a [`Node::ctl`] one or two.

use std::ffi::OsStr;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::broker::{PATIENCE, setting};
use super::certificates::{CLIENT, Certificates};
use super::ports::Ports;
use super::skip::skip;

/// A running node, or one that has been stopped.
#[derive(Debug)]
pub(crate) struct Node {
    ports: Ports<PORTS>,
    /// What every program that has to do with the node must be told.
    environment: Vec<(&'static str, String)>,
    programs: PathBuf,
    certificates: Option<Certificates>,
    server: Option<Child>,
    watch: Child,
    // Dropped last: the watch clears it before.
    folder: TempDir,
}

/// What is different about a node.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setup {
    /// Speaks TLS as well, and takes [`CLIENT`]'s certificate in place of a password.
    pub(crate) tls: bool,
    /// Shows its metrics at [`Node::metrics_url`].
    pub(crate) metrics: bool,
    /// Has the management API at [`Node::management_url`].
    pub(crate) management: bool,
    /// More lines of `rabbitmq.conf`.
    pub(crate) config: &'static str,
}

/// Runs until the test closes its standard input or dies; then ends what is left and clears up.
const WATCH: &str = r#"
epmd -address 127.0.0.1 -port "$2" & epmd=$!
cat > /dev/null
[ ! -s "$1/pid" ] || kill -9 "$(cat "$1/pid")"
kill -9 "$epmd"
rm -rf "$1"
"#;

/// What listens: AMQP, the same with TLS, metrics, the management API, other nodes, and `epmd`.
const PORTS: usize = 6;
/// How often other ports are tried, should another program take one just before the node does.
const TRIES: usize = 5;

impl Node {
    /// A node that answers; `None`, said aloud, where RabbitMQ is not installed and not required.
    pub(crate) fn start(setup: Setup) -> Option<Self> {
        let programs = programs(setup)?;
        let mut said = String::new();
        for _ in 0..TRIES {
            match Self::on(Ports::take(), setup, programs.clone()) {
                Ok(node) => return Some(node),
                Err(why) => said = why,
            }
            assert!(is_about_a_port(&said), "{said}");
        }
        panic!("a port was taken each time: {said}");
    }

    /// A node that answers on these ports, or what it said instead.
    fn on(ports: Ports<PORTS>, setup: Setup, programs: PathBuf) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("presslate-node-")
            .tempdir()
            .unwrap();
        let number = RandomState::new().build_hasher().finish();
        let name = format!("presslate-{number:016x}@localhost");
        let [port, tls_port, metrics, management, distribution, epmd] = ports.numbers;
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let environment = vec![
            ("HOME", path("home")),
            ("RABBITMQ_NODENAME", name),
            ("RABBITMQ_DIST_PORT", distribution.to_string()),
            ("RABBITMQ_MNESIA_BASE", path("data")),
            ("RABBITMQ_LOG_BASE", path("log")),
            ("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins")),
            ("RABBITMQ_PID_FILE", path("pid")),
            // There is none: the machine's own must not be read.
            ("RABBITMQ_CONF_ENV_FILE", path("environment")),
            ("ERL_CRASH_DUMP", path("crash")),
            ("ERL_EPMD_PORT", epmd.to_string()),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
            (
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}".to_owned(),
            ),
            // Has the script become the node instead of watching over it, so that killing the
            // child kills the node.
            ("RUNNING_UNDER_SYSTEMD", "1".to_owned()),
        ];
        for name in ["home", "data", "log"] {
            std::fs::create_dir(path(name)).unwrap();
        }
        let certificates = setup
            .tls
            .then(|| Certificates::make(&folder.path().join("tls")));
        let mut config = format!("listeners.tcp.local = 127.0.0.1:{port}\n");
        if let Some(certificates) = &certificates {
            config += &tls_config(tls_port, folder.path(), certificates);
        }
        if setup.metrics {
            config += &api_config("prometheus", metrics);
        }
        if setup.management {
            config += &api_config("management", management);
        }
        // Last, because the last line about a setting counts.
        config += setup.config;
        std::fs::write(path("rabbitmq.conf"), config).unwrap();
        let plugins = [
            (setup.tls, "rabbitmq_auth_mechanism_ssl"),
            (setup.metrics, "rabbitmq_prometheus"),
            (setup.management, "rabbitmq_management"),
        ];
        let plugins: Vec<&str> = plugins
            .into_iter()
            .filter_map(|(wanted, name)| wanted.then_some(name))
            .collect();
        std::fs::write(path("plugins"), format!("[{}].", plugins.join(","))).unwrap();
        let watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .arg(folder.path())
            .arg(epmd.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut node = Self {
            ports,
            environment,
            programs,
            certificates,
            server: None,
            watch,
            folder,
        };
        if node.certificates.is_some() {
            node.show_files("server");
        }
        node.try_up()?;
        if node.certificates.is_some() {
            node.ctl(&["add_user", CLIENT, &format!("{number:016x}")]);
            node.ctl(&["set_permissions", CLIENT, ".*", ".*", ".*"]);
        }
        Ok(node)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.numbers[0])
    }

    /// Address and account.
    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address())
    }

    /// Where the plugin `rabbitmq_prometheus` answers, of a node with metrics.
    pub(crate) fn metrics_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.numbers[2])
    }

    /// Where the plugin `rabbitmq_management` answers, with an account, of a node with management.
    pub(crate) fn management_url(&self) -> String {
        format!("http://guest:guest@127.0.0.1:{}", self.ports.numbers[3])
    }

    /// Host and port that speak TLS.
    pub(crate) fn tls_address(&self) -> String {
        format!("localhost:{}", self.ports.numbers[1])
    }

    /// Of a node that speaks TLS.
    pub(crate) fn certificates(&self) -> &Certificates {
        self.certificates.as_ref().expect("a node with TLS")
    }

    /// Has the node show this certificate from now on: `server`, `expired` or `elsewhere`.
    pub(crate) fn show(&self, certificate: &str) {
        self.show_files(certificate);
        self.ctl(&["eval", "ssl:clear_pem_cache()."]);
    }

    fn show_files(&self, certificate: &str) {
        let (from, to) = (self.certificates(), self.folder.path());
        std::fs::copy(from.pem(certificate), to.join("shown.pem")).unwrap();
        std::fs::copy(from.key(certificate), to.join("shown.key")).unwrap();
    }

    /// A program for which `rabbitmqctl` is that of the node.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = setting("PATH").unwrap_or_default();
        let path = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("PATH", std::env::join_paths(path).unwrap())
            .env_remove("ERL_FLAGS")
            .env_remove("NOTIFY_SOCKET");
        command
    }

    /// Runs `rabbitmqctl` on the node and gives what it prints.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> String {
        let output = self
            .command(self.programs.join("rabbitmqctl"))
            .arg("-q")
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "rabbitmqctl {arguments:?}: {said}{errors}"
        );
        said
    }

    /// Stops the node in good order.
    pub(crate) fn stop(&mut self) {
        self.ctl(&["stop"]);
        self.gone();
    }

    /// Kills the node as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.server
            .as_mut()
            .expect("a node that runs")
            .kill()
            .unwrap();
        self.gone();
    }

    /// Waits until the node has ended.
    fn gone(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.wait().unwrap();
        }
        // The watch must not kill whoever gets the number next.
        let _absent = std::fs::remove_file(self.folder.path().join("pid"));
    }

    /// Starts the node, with what it had when it ended, and waits until it answers.
    pub(crate) fn up(&mut self) {
        self.try_up().unwrap();
    }

    /// The same; or what it said, when it ended instead.
    fn try_up(&mut self) -> Result<(), String> {
        assert!(self.server.is_none(), "it runs already");
        let printed = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("printed"))
            .unwrap();
        let server = self
            .command(self.programs.join("rabbitmq-server"))
            .stdin(Stdio::null())
            .stdout(printed.try_clone().unwrap())
            .stderr(printed)
            .spawn()
            .unwrap();
        self.server = Some(server);
        let started = Instant::now();
        while !self.answers() {
            let ended = self.server.as_mut().unwrap().try_wait().unwrap();
            if ended.is_some() || started.elapsed() > PATIENCE {
                let said = self.said();
                return Err(format!("the node does not answer ({ended:?}):\n{said}"));
            }
            pause();
        }
        Ok(())
    }

    /// All that the node printed and logged.
    fn said(&self) -> String {
        let folder = self.folder.path();
        let logs = std::fs::read_dir(folder.join("log")).unwrap();
        let files = logs.map(|file| file.unwrap().path());
        files
            .chain([folder.join("printed")])
            .filter_map(|file| std::fs::read_to_string(file).ok())
            .collect()
    }

    /// Whether it greets as a broker, and takes connections for TLS if it should.
    fn answers(&self) -> bool {
        let greeted = || {
            let mut wire = TcpStream::connect(self.address())?;
            wire.set_read_timeout(Some(Duration::from_secs(5)))?;
            wire.write_all(b"AMQP\x00\x00\x09\x01")?;
            wire.read_exact(&mut [0])
        };
        greeted().is_ok()
            && (self.certificates.is_none() || TcpStream::connect(self.tls_address()).is_ok())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ended = server.kill();
        }
        self.gone();
        drop(self.watch.stdin.take());
        let _cleared = self.watch.wait();
    }
}

fn api_config(plugin: &str, port: u16) -> String {
    format!("{plugin}.tcp.ip = 127.0.0.1\n{plugin}.tcp.port = {port}\n")
}

/// Whether a node ended because somebody else listens where it should.
fn is_about_a_port(said: &str) -> bool {
    ["eaddrinuse", "in use", "register/listen error"]
        .iter()
        .any(|word| said.contains(word))
}

fn tls_config(port: u16, folder: &Path, certificates: &Certificates) -> String {
    format!(
        "listeners.ssl.local = 127.0.0.1:{port}\n\
         ssl_options.cacertfile = {}\n\
         ssl_options.certfile = {}\n\
         ssl_options.keyfile = {}\n\
         ssl_options.verify = verify_peer\n\
         ssl_options.fail_if_no_peer_cert = false\n\
         ssl_cert_login_from = common_name\n\
         auth_mechanisms.1 = EXTERNAL\n\
         auth_mechanisms.2 = PLAIN\n",
        certificates.pem("ca").display(),
        folder.join("shown.pem").display(),
        folder.join("shown.key").display(),
    )
}

/// The folder of `rabbitmq-server` and `rabbitmqctl`: `TEST_RABBITMQ_BIN`, Debian's, or one of
/// `PATH`. Debian has wrappers on `PATH` that change the user, which a folder of our own does not
/// survive.
fn programs(setup: Setup) -> Option<PathBuf> {
    let given = setting("TEST_RABBITMQ_BIN").map(PathBuf::from);
    let path = setting("PATH").unwrap_or_default();
    let installed = given.or_else(|| {
        std::iter::once(PathBuf::from("/usr/lib/rabbitmq/bin"))
            .chain(std::env::split_paths(&path))
            .find(|folder| folder.join("rabbitmq-server").exists())
    });
    let openssl = std::env::split_paths(&path).any(|folder| folder.join("openssl").exists());
    let missing = if installed.is_none() {
        "rabbitmq-server"
    } else if setup.tls && !openssl {
        "openssl"
    } else {
        return installed;
    };
    assert!(
        setting("CI").is_none(),
        "CI needs {missing} for brokers of its own: install it"
    );
    skip(&format!("no {missing} to start a broker of its own with"));
    None
}

#[expect(clippy::disallowed_methods, reason = "blocks, as it says above")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::net::TcpListener;

    /// What `openssl` says of a connection to the node.
    fn handshake(node: &Node, more: &[&Path]) -> String {
        let ca = node.certificates().pem("ca");
        let mut command = Command::new("openssl");
        command
            .args(["s_client", "-connect", &node.tls_address()])
            .args(["-verify_return_error", "-verify_hostname", "localhost"])
            .arg("-CAfile")
            .arg(ca);
        for (option, file) in ["-cert", "-key"].iter().zip(more) {
            command.arg(option).arg(file);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }

    #[test]
    fn a_port_that_somebody_else_took_is_told_from_other_faults() {
        let Some(programs) = programs(Setup::default()) else {
            return;
        };
        // AMQP, and other nodes.
        for which in [0, 4] {
            let ports = Ports::take();
            let _taken = TcpListener::bind(("127.0.0.1", ports.numbers[which])).unwrap();
            let said = Node::on(ports, Setup::default(), programs.clone()).unwrap_err();
            assert!(is_about_a_port(&said), "{which}: {said}");
        }
        let setup = Setup {
            config: "no_such_setting = 1",
            ..Setup::default()
        };
        let said = Node::on(Ports::take(), setup, programs).unwrap_err();
        assert!(!is_about_a_port(&said), "{said}");
    }

    #[test]
    fn a_node_keeps_its_data_through_kills_and_stops_and_leaves_nothing_behind() {
        let Some(mut node) = Node::start(Setup {
            config: "consumer_timeout = 1234567",
            ..Setup::default()
        }) else {
            return;
        };
        assert_eq!(
            node.ctl(&["eval", "application:get_env(rabbit, consumer_timeout)."])
                .trim(),
            "{ok,1234567}"
        );
        node.ctl(&["add_vhost", "news"]);
        node.kill();
        assert!(!node.answers());
        node.up();
        assert!(node.ctl(&["list_vhosts"]).contains("news"));
        node.stop();
        assert!(!node.answers());
        node.up();
        assert!(node.ctl(&["list_vhosts"]).contains("news"));

        let (folder, server) = (node.folder.path().to_owned(), node.server.as_ref().unwrap());
        let alive = |id: u32| Path::new("/proc").join(id.to_string()).exists();
        let ids = [server.id(), node.watch.id()];
        assert!(ids.into_iter().all(alive));
        drop(node);
        assert!(!ids.into_iter().any(alive), "{ids:?}");
        assert!(!folder.exists());
    }

    #[test]
    fn a_node_with_tls_shows_the_certificate_that_the_test_wants() {
        let Some(node) = Node::start(Setup {
            tls: true,
            ..Setup::default()
        }) else {
            return;
        };
        let good = handshake(&node, &[]);
        assert!(good.contains("Verify return code: 0 (ok)"), "{good}");
        node.show("expired");
        let expired = handshake(&node, &[]);
        assert!(expired.contains("certificate has expired"), "{expired}");
        node.show("elsewhere");
        let elsewhere = handshake(&node, &[]);
        assert!(elsewhere.contains("hostname mismatch"), "{elsewhere}");
        node.show("server");
        let made = node.certificates();
        assert!(made.pkcs12().exists() && node.url().starts_with("amqp://"));
        let known = handshake(&node, &[&made.pem("client"), &made.key("client")]);
        assert!(known.contains("Verify return code: 0 (ok)"), "{known}");
    }
}
