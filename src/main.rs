//! The `presslate` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    presslate::cli::main()
}
