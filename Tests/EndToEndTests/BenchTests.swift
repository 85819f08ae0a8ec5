import Foundation
import Testing

/// What the measurements look like; how fast anything is no test asks.
@Suite struct BenchTests {
  /// A value of a measurement.
  private enum Field: Decodable, Hashable {
    case number(Double)
    case text(String)
    case object([String: Field])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .object(try container.decode([String: Field].self))
      }
    }
  }

  /// A measurement as its readers see it.
  private struct Line {
    let fields: [String: Field]

    init(_ text: some StringProtocol) throws {
      fields = try JSONDecoder().decode([String: Field].self, from: Data(text.utf8))
    }

    func number(_ name: String) -> Double? { if case .number(let n) = fields[name] { n } else { nil } }
    func text(_ name: String) -> String? { if case .text(let text) = fields[name] { text } else { nil } }
    func setting(_ name: String) -> Field? {
      if case .object(let settings) = fields["settings"] { settings[name] } else { nil }
    }
  }

  /// Runs a bench on the little base that the tiny experiment pretrained.
  private func lines(_ arguments: [String], environment: [String: String] = [:]) throws -> [Line] {
    let place = try Workplace(copying: Finished.get().place)
    let store = place.folder.appendingPathComponent("Results/.store")
    let jobs = try FileManager.default.contentsOfDirectory(atPath: store.path).sorted()
    let bases = jobs.map { store.path + "/\($0)/model" }
    let base = try #require(bases.first { FileManager.default.fileExists(atPath: $0 + "/config.json") })
    let small = ["--base", base, "--rows", "12", "--repeats", "1"]
    let outcome = try Program.start(
      ["bench"] + arguments + small, in: place.folder, environment: environment
    ).outcome()
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
    return try outcome.output.split(separator: "\n").map { try Line($0) }
  }

  private func expectFacts(_ line: Line, _ bench: String) {
    #expect(line.text("bench") == bench)
    for fact in ["machine", "kernel", "openblas", "mixology", "commit"] {
      #expect(line.text(fact)?.isEmpty == false, "\(fact) of \(bench)")
    }
    for fact in ["cores", "repeats", "peak_rss_mb"] {
      #expect((line.number(fact) ?? 0) > 0, "\(fact) of \(bench)")
    }
  }

  @Test func `keeping frozen states is measured beside computing them`() throws {
    let lines = try lines(["frozen-layers", "--layers", "1", "--passes", "2", "--batch", "4"])
    #expect(lines.compactMap { $0.setting("phase") } == [.text("train"), .text("evaluate")])
    for line in lines {
      expectFacts(line, "frozen_layers")
      #expect((line.number("kept_to_computed_ratio") ?? 0) > 0)
    }
  }

  @Test(arguments: [
    ["train", "--batch", "4", "--rank", "2", "--workers", "1"], ["evaluate", "--workers", "1"],
  ])
  func `a throughput says rows, tokens and the fraction of the peak beside it`(arguments: [String]) throws {
    let lines = try lines(arguments)
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    expectFacts(line, arguments[0])
    for value in ["rows_per_s", "tokens_per_s", "gflops", "peak_gflops", "fraction_of_gemm_peak"] {
      #expect((line.number(value) ?? 0) > 0, "\(value)")
    }
    #expect(line.setting("rows") == .number(12))
    #expect(line.setting("shape") == .text("2x32/2/64"))
    #expect(line.text("data") == "generated")
  }

  @Test func `the commit of a measurement comes from the environment`() throws {
    let line = try #require(
      try lines(["evaluate"], environment: ["MIXOLOGY_COMMIT": "1234abc-dirty"]).first)
    #expect(line.text("commit") == "1234abc-dirty")
  }

  @Test func `rows in every order have the same tokens`() throws {
    let lines = try lines(["lengths", "--batch", "4", "--rank", "2"])
    let orders: [Field?] = ["sorted", "shuffled", "given"].map { .text($0) }
    #expect(lines.map { $0.setting("order") } == orders + orders)
    #expect(lines.map { $0.setting("phase") == .text("train") } == [true, true, true, false, false, false])
    #expect(Set(lines.map { $0.number("tokens") }).count == 1)
    let padding = lines.compactMap { $0.number("padded_tokens_per_token") }
    #expect(padding.count == 6)
    #expect(padding.allSatisfy { $0 >= 1 && $0 >= padding[0] })
  }

  @Test func `step-memory says what a step takes from the system`() throws {
    let line = try #require(try lines(["step-memory", "--batch", "4", "--rank", "2"]).first)
    expectFacts(line, "step_memory")
    #expect(line.number("steps") == 3)
    for value in ["minor_faults_per_step", "anonymous_kb_per_step", "memory_limit_ratio"] {
      #expect(line.number(value) != nil, "\(value)")
    }
  }

  @Test func `every merge method is measured`() throws {
    let lines = try lines(["merge", "--rank", "2", "--adapters", "3"])
    let place = try Workplace()
    for line in lines { expectFacts(line, "merge") }
    #expect(lines.count > 3)
    for line in lines {
      guard case .text(let method) = line.setting("method") else {
        Issue.record("no method")
        continue
      }
      #expect(try Program.run("merge", "--explain", method, in: place.folder).status == 0)
    }
    #expect(lines.allSatisfy { ($0.number("gemm_to_merge_ratio") ?? 0) > 0 })
  }

  // MARK: Comparing

  private static let old = """
    {"bench":"train","settings":{"rows":8,"workers":2},"fraction_of_gemm_peak":0.8,"machine":"A","kernel":"K"}
    {"bench":"train","settings":{"rows":8,"workers":1},"fraction_of_gemm_peak":0.5,"machine":"A","kernel":"K"}
    {"bench":"merge","settings":{"method":"ties"},"gemm_to_merge_ratio":0.04,"machine":"A","kernel":"K"}
    """

  private static let new = """
    {"bench":"train","settings":{"rows":8,"workers":2},"fraction_of_gemm_peak":0.72,"rows_per_s":9,"machine":"B"}
    {"bench":"train","settings":{"rows":8,"workers":1},"fraction_of_gemm_peak":0.501,"rows_per_s":9,"machine":"B"}
    {"bench":"evaluate","settings":{"rows":8},"fraction_of_gemm_peak":0.9,"rows_per_s":9,"machine":"B"}
    """

  @Test func `compare shows ratios side by side, never seconds`() throws {
    let place = try Workplace()
    try place.write(Self.old, to: "old.jsonl")
    try place.write(Self.new, to: "new.jsonl")
    let outcome = try Program.run("bench", "compare", "old.jsonl", "new.jsonl", in: place.folder)
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        bench     settings   ratio                  baseline    now         change
        train     workers=2  fraction_of_gemm_peak     0.800  0.720  worse −10.0 %
        train     workers=1  fraction_of_gemm_peak     0.500  0.501         +0.2 %
        evaluate             fraction_of_gemm_peak         –  0.900            new
        merge                gemm_to_merge_ratio       0.040      –   not measured
        note: machine of the baseline: A; now: B
        note: kernel of the baseline: K; now: –

        """)
  }

  @Test func `a baseline keeps ratios and where they come from`() throws {
    let place = try Workplace()
    try place.write(Self.new, to: "new.jsonl")
    let outcome = try Program.run("bench", "baseline", "new.jsonl", in: place.folder)
    #expect(outcome.status == 0)
    let lines = try outcome.output.split(separator: "\n").map { try Line($0) }
    #expect(lines.count == 3)
    for line in lines {
      #expect(
        line.fields.keys.sorted() == ["bench", "fraction_of_gemm_peak", "machine", "settings"])
    }
  }

  @Test(arguments: [
    (
      ["bench", "compare", "none.jsonl", "none.jsonl"],
      """
      none.jsonl: error: cannot read the measurements
        `make bench-baseline` makes one of the last `make bench`
      """
    ),
    (
      ["bench", "baseline", "bad.jsonl"],
      """
      bad.jsonl:2: error: this line is no measurement
        each line is one JSON object with 'bench' and 'settings', as `mixology bench` prints it
      """
    ),
    (
      ["bench", "train", "--data", "none.jsonl", "--base", "nowhere"],
      """
      error: cannot find the base 'nowhere'
      """
    ),
  ])
  func `what cannot be measured or compared ends with 2`(arguments: [String], message: String) throws {
    let place = try Workplace()
    try place.write("{\"bench\":\"a\",\"settings\":{}}\n{\"bench\":", to: "bad.jsonl")
    let outcome = try Program.start(arguments, in: place.folder).outcome()
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix(message + "\n"), "\(outcome.errors)")
  }

  @Test(arguments: [
    ("rows", "train"), ("repeats", "evaluate"), ("workers", "gemm"), ("threads", "train"),
    ("threads", "step-memory"), ("layers", "frozen-layers"), ("passes", "frozen-layers"),
  ])
  func `nothing is measured zero times`(option: String, bench: String) throws {
    let place = try Workplace()
    let outcome = try Program.run("bench", bench, "--\(option)", "0", in: place.folder)
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("Error: --\(option) must be at least 1\n"), "\(outcome.errors)")
  }
}
