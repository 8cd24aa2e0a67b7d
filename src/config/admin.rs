//! Where a worker can be looked at.

use std::net::{Ipv4Addr, SocketAddr};

/// Where a worker can be looked at.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Admin port")]
pub struct AdminArgs {
    /// Answer /live, /ready, /metrics, /jobs and /version by HTTP on this address, such as
    /// 0.0.0.0:9464; without a login, so not for the open network [default: not at all]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "PRESSLATE_ADMIN",
        hide_env_values = true
    )]
    pub admin: Option<SocketAddr>,
}

/// The port that exporters of telemetry use where nobody says otherwise.
const PORT: u16 = 9464;

/// Where a worker of this machine is asked where nobody says otherwise.
pub const ADMIN_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), PORT);
