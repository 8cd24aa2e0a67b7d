//! Certificates that a test makes for itself, with the `openssl` program.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Certificates and keys as PEM files in one folder; a key is PKCS#8, beside its certificate.
#[derive(Debug, Clone)]
pub(crate) struct Certificates(PathBuf);

/// Who issued a certificate, to whom, for what and until when.
struct Leaf {
    file: &'static str,
    name: &'static str,
    issuer: &'static str,
    usage: &'static str,
    end: &'static str,
    hosts: Option<&'static str>,
}

/// Of the PKCS#12 file.
pub(crate) const PASSWORD: &str = "presslate";
/// In the client's certificate: the user that `EXTERNAL` makes of it.
pub(crate) const CLIENT: &str = "presslate-worker";

const HERE: Option<&str> = Some("DNS:localhost,IP:127.0.0.1");
const LATER: &str = "20450101000000Z";

const LEAVES: [Leaf; 5] = [
    Leaf {
        file: "server",
        name: "localhost",
        issuer: "ca",
        usage: "serverAuth",
        end: LATER,
        hosts: HERE,
    },
    Leaf {
        file: "expired",
        name: "localhost",
        issuer: "ca",
        usage: "serverAuth",
        end: "20210101000000Z",
        hosts: HERE,
    },
    Leaf {
        file: "elsewhere",
        name: "elsewhere.invalid",
        issuer: "ca",
        usage: "serverAuth",
        end: LATER,
        hosts: Some("DNS:elsewhere.invalid"),
    },
    Leaf {
        file: "client",
        name: CLIENT,
        issuer: "ca",
        usage: "clientAuth",
        end: LATER,
        hosts: None,
    },
    Leaf {
        file: "wrong-client",
        name: CLIENT,
        issuer: "wrong-ca",
        usage: "clientAuth",
        end: LATER,
        hosts: None,
    },
];

impl Certificates {
    /// Makes them in `folder`: `ca`, `wrong-ca` (which signs nothing that the broker trusts),
    /// `server` (for localhost and 127.0.0.1), `expired` (the same, over since 2021), `elsewhere`
    /// (for another host), `client` and `wrong-client`.
    pub(crate) fn make(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        for ca in ["ca", "wrong-ca"] {
            let (key, pem) = (format!("{ca}.key"), format!("{ca}.pem"));
            let subject = format!("/CN=presslate test {ca}");
            openssl(
                folder,
                &format!("req -x509 {NEW_KEY} -days 3650 -keyout {key} -out {pem}"),
                &[
                    "-subj",
                    &subject,
                    "-addext",
                    "basicConstraints=critical,CA:TRUE",
                    "-addext",
                    "keyUsage=critical,keyCertSign,cRLSign",
                ],
            );
        }
        for leaf in LEAVES {
            leaf.sign(folder);
        }
        let export = "pkcs12 -export -in client.pem -inkey client.key -out client.p12";
        openssl(folder, export, &["-passout", &format!("pass:{PASSWORD}")]);
        Self(folder.to_owned())
    }

    /// The certificate of this name.
    pub(crate) fn pem(&self, name: &str) -> PathBuf {
        self.0.join(name).with_extension("pem")
    }

    /// Its key.
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.0.join(name).with_extension("key")
    }

    /// The client's certificate and key in one file, under [`PASSWORD`].
    pub(crate) fn pkcs12(&self) -> PathBuf {
        self.0.join("client.p12")
    }
}

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

impl Leaf {
    /// By `openssl ca`, because `openssl x509` takes no dates before version 3.4.
    fn sign(&self, folder: &Path) {
        let Self {
            file,
            name,
            issuer,
            usage,
            end,
            hosts,
        } = self;
        let database = tempfile::tempdir_in(folder).unwrap();
        let at = |name: &str| {
            let path = database.path().join(name);
            path.to_str().unwrap().to_owned()
        };
        std::fs::write(at("index"), "").unwrap();
        let hosts = hosts.map_or(String::new(), |hosts| format!("subjectAltName={hosts}\n"));
        let settings = format!(
            "[ca]\ndefault_ca=c\n[c]\ndatabase={}\nnew_certs_dir={}\nrand_serial=yes\ndefault_md=sha256\n\
             policy=p\n[p]\ncommonName=supplied\n[x]\nbasicConstraints=CA:FALSE\n\
             keyUsage=digitalSignature\nextendedKeyUsage={usage}\n{hosts}",
            at("index"),
            at(".")
        );
        std::fs::write(at("settings"), settings).unwrap();
        openssl(
            folder,
            &format!("req {NEW_KEY} -keyout {file}.key"),
            &["-subj", &format!("/CN={name}"), "-out", &at("request")],
        );
        openssl(
            folder,
            &format!("ca -batch -notext -extensions x -cert {issuer}.pem -keyfile {issuer}.key"),
            &[
                "-config",
                &at("settings"),
                "-in",
                &at("request"),
                "-out",
                &format!("{file}.pem"),
                "-startdate",
                "20200101000000Z",
                "-enddate",
                end,
            ],
        );
    }
}

fn openssl(folder: &Path, words: &str, more: &[&str]) {
    let output = Command::new("openssl")
        .args(words.split_whitespace())
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words}: {said}");
}
