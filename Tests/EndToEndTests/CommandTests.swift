import Foundation
import Testing

@Suite struct CommandTests {
  @Test func `help and version end with 0`() throws {
    let place = try Workplace()
    for arguments in [["--help"], ["--version"], ["run", "--help"], ["help", "merge"]] {
      let outcome = try Program.start(arguments, in: place.folder).outcome()
      #expect(outcome.status == 0, "\(arguments)")
      #expect(outcome.errors == "")
      #expect(outcome.output != "")
    }
  }

  @Test(arguments: [
    (["frobnicate"], "Unexpected argument 'frobnicate'"),
    (["run", "m.yaml", "--worker", "2"], "Unknown option '--worker'. Did you mean '--workers'?"),
    (["run"], "Missing expected argument '<manifest>'"),
    (["run", "m.yaml", "--workers", "0"], "--workers must be at least 1"),
    (["run", "m.yaml", "--engine", "cloud"], "unknown engine 'cloud': this version has 'local' only"),
    (["merge", "r.yaml"], "the output folder is missing"),
  ])
  func `a wrong argument ends with 2`(arguments: [String], message: String) throws {
    let place = try Workplace()
    let outcome = try Program.start(arguments, in: place.folder).outcome()
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("Error: \(message)\n"), "\(outcome.errors)")
  }

  @Test(arguments: [
    (
      ["validate", "n.yaml"],
      """
      n.yaml: error: cannot read the manifest
        is the path right?
      """
    ),
    (
      ["run", "m.yaml", "-S", "adapter.rnk=3"],
      """
      -S adapter.rnk=3: error: unknown key 'rnk' in 'adapter'
        did you mean 'rank'?
      """
    ),
    (
      ["merge", "--explain", "tie"],
      """
      error: unknown merge method 'tie'
        did you mean 'ties'?
      """
    ),
    (
      ["inspect", "nothing-here"],
      """
      nothing-here: error: there is no such file or folder
        give a path, the name of a base in the cache, or the first four or more digits of a job's id
      """
    ),
    (
      ["inspect", "m.yaml"],
      """
      m.yaml: error: a YAML file is checked by other commands
        `mixology validate` and `plan` read manifests, `mixology merge` reads recipes
      """
    ),
    (
      ["inspect", "."],
      """
      .: error: the folder is no checkpoint, no adapter, no routed model and no stored job
        they hold config.json, adapter_config.json, routed.json and result.json
      """
    ),
  ])
  func `what cannot be read ends with 2 and says how to mend it`(arguments: [String], message: String) throws
  {
    let place = try Workplace()
    let outcome = try Program.start(arguments, in: place.folder).outcome()
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors == message + "\n")
  }

  @Test func `the schema is JSON`() throws {
    let place = try Workplace()
    let outcome = try Program.run("schema", in: place.folder)
    let schema = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(schema?["$schema"] is String)
  }

  @Test func `doctor names the kernel and advises against a lesser one that the user chose`() throws {
    struct Findings: Decodable {
      let cores: Int
      let gflopsOneThread: Double
      let kernel: String
      let kernelChosenBy: String
      let betterKernel: String?
      let advice: [String]
    }
    func findings(_ environment: [String: String]) throws -> Findings {
      let place = try Workplace()
      let outcome = try Program.run("doctor", "--json", in: place.folder, environment: environment)
      #expect(outcome.status == 0)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Findings.self, from: Data(outcome.output.utf8))
    }
    let free = try findings([:])
    #expect(free.cores >= 1)
    #expect(free.gflopsOneThread > 0.1)
    #expect(["mixology", "openblas"].contains(free.kernelChosenBy))
    #expect(free.betterKernel == nil)
    let bound = try findings(["OPENBLAS_CORETYPE": free.kernel])
    #expect(bound.kernel == free.kernel)
    #expect(bound.kernelChosenBy == "user")
    let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    guard flags.contains(" avx512f "), flags.contains(" avx512vl ") else { return }
    let lesser = try findings(["OPENBLAS_CORETYPE": "Haswell"])
    #expect(lesser.betterKernel == "SkylakeX")
    #expect(lesser.advice.contains { $0.contains("`unset OPENBLAS_CORETYPE` makes it faster") })
  }
}
