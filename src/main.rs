//! Arguments in, exit code out.

fn main() -> std::process::ExitCode {
    kafkarium::cli::main(std::env::args_os().collect())
}
