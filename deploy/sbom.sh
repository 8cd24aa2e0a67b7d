#!/usr/bin/env bash
# Writes which crates are in the program, as a CycloneDX 1.5 bill of materials:
#
#   deploy/sbom.sh [--features otlp] [--target x86_64-unknown-linux-gnu] [--binary FILE]
#                  [--out presslate.cdx.json]
#
# Each component has its licence, its package URL, and the SHA-256 that Cargo.lock has; the program
# itself has that of --binary. The bill is checked against the standard's own schema.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0"; }
die() { printf 'sbom.sh: %s\n' "$*" >&2; exit 1; }

features=otlp target='' binary='' out=presslate.cdx.json
while [ $# -gt 0 ]; do
  case $1 in
    --features | --target | --binary | --out)
      [ $# -gt 1 ] || die "$1 needs a value"
      case $1 in
        --features) features=$2 ;;
        --target) target=$2 ;;
        --binary) binary=$2 ;;
        --out) out=$2 ;;
      esac
      shift 2
      ;;
    --help | -h) usage; exit 0 ;;
    *) die "what is $1? --help says what there is" ;;
  esac
done
[ -z "$binary" ] || [ -f "$binary" ] || die "there is no $binary"
case $binary in '' | /*) ;; *) binary=$PWD/$binary ;; esac
case $out in /*) ;; *) out=$PWD/$out ;; esac

cd "$(dirname "$0")/.."
cargo cyclonedx --version >/dev/null 2>&1 \
  || die "no cargo-cyclonedx: cargo install cargo-cyclonedx --version 0.5.9 --locked"
target=${target:-$(rustc -vV | sed -n 's/^host: //p')}
# The bill says when it was made: with the sources, so that it comes out the same again.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

# A Python with the standard's schemas; kept with what else is built.
venv=${CARGO_TARGET_DIR:-target}/sbom-venv
if ! cmp -s deploy/sbom-requirements.txt "$venv/requirements.txt"; then
  python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet --requirement deploy/sbom-requirements.txt
  cp deploy/sbom-requirements.txt "$venv/requirements.txt"
fi

# The tool writes beside Cargo.toml and nowhere else.
draft=presslate-sbom-draft-$$
trap 'rm -f "$draft.json"' EXIT
before=$(sha256sum <Cargo.lock)
cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps \
  --features "$features" --target "$target" --override-filename "$draft"
[ "$before" = "$(sha256sum <Cargo.lock)" ] || die "Cargo.lock did not fit Cargo.toml and was changed"

"$venv/bin/python" - "$draft.json" "$out" "$binary" <<'EOF'
import hashlib, json, os, sys
from importlib.resources import files
import jsonschema_rs

draft, out, binary = sys.argv[1:]
text = open(draft, encoding="utf-8").read()
program = json.loads(text)["metadata"]["component"]
# The tool names the program by the folder that it was built in.
name = f"pkg:cargo/{program['name']}@{program['version']}"
bill = json.loads(text.replace(json.dumps(program["bom-ref"])[1:-1], name))
program = bill["metadata"]["component"]
program["purl"] = name
program.pop("components", None)  # its library, its examples: nothing that is passed on
if binary:
    with open(binary, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    program["hashes"] = [{"alg": "SHA-256", "content": digest}]

faults = []
for component in bill["components"]:
    lacking = [key for key in ("licenses", "hashes", "purl") if not component.get(key)]
    # A slash of old becomes an OR with a blank too many.
    for licence in component.get("licenses", []):
        if "expression" in licence:
            licence["expression"] = " ".join(licence["expression"].split())
    if lacking:
        faults.append(f"{component['name']} {component['version']} has no {', '.join(lacking)}")
text = json.dumps(bill, indent=1, ensure_ascii=False) + "\n"
if os.getcwd() in text:
    faults.append(f"the bill names this machine's folder {os.getcwd()}")


def schema(name):
    """One that the library brings; others are named by an address that ends so."""
    name = name.rsplit("/", 1)[-1].split(".SNAPSHOT")[0].removesuffix(".schema.json")
    return json.loads((files("cyclonedx.schema._res") / f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))


checker = jsonschema_rs.validator_for(schema("bom-1.5"), retriever=schema, validate_formats=True)
for error in checker.iter_errors(bill):
    faults.append(f"it is not CycloneDX 1.5: {error.instance_path}: {error.message}")
if faults:
    sys.exit("sbom.sh: " + "\n".join(faults))
with open(out, "w", encoding="utf-8") as file:
    file.write(text)
print(f"{len(bill['components'])} components in {out}")
EOF
