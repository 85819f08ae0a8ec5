import Foundation
import TestSupport
import Testing

/// The compiler does not stop a module from importing a sibling that it does not declare, so these tests do.
@Suite struct ArchitectureTests {
  // MARK: Arrows

  /// What each module may import of this package.
  ///
  /// Experiment and Reporting never see a weight, Reporting never sees a plan, Merging never sees a model, a file or a
  /// task, Models never sees a task.
  private static let picture: [String: Set<String>] = [
    "Hashing": ["COpenSSL"],
    "Basics": ["Hashing"],
    "Outlines": ["Basics"],
    "Statistics": ["Basics"],
    "Probes": ["LinearAlgebra"],
    "Specs": ["Basics", "Outlines"],
    "Results": ["Basics", "Specs"],
    "LinearAlgebra": ["Basics", "COpenBLAS"],
    "Machine": ["Basics", "LinearAlgebra"],
    "Adapters": ["Basics", "Outlines", "LinearAlgebra"],
    "Checkpoints": ["Basics", "Outlines", "LinearAlgebra", "Adapters"],
    "Tokenizers": ["Basics"],
    "Models": ["Basics", "Outlines", "LinearAlgebra", "Adapters", "Checkpoints"],
    "Tasks": ["Basics", "Statistics", "Specs"],
    "Training": [
      "Basics", "Outlines", "Specs", "LinearAlgebra", "Adapters", "Checkpoints", "Tokenizers", "Models",
      "Tasks",
    ],
    "Merging": ["Basics", "LinearAlgebra", "Adapters"],
    "Tuning": [
      "Basics", "Outlines", "Specs", "LinearAlgebra", "Adapters", "Models", "Tasks", "Training", "Merging",
    ],
    "Language": ["Basics"],
    "Recipes": [
      "Basics", "Outlines", "Specs", "LinearAlgebra", "Machine", "Adapters", "Checkpoints", "Models",
      "Merging", "Language",
    ],
    "Experiment": ["Basics", "Outlines", "Specs", "Results", "Language"],
    "Reporting": ["Basics", "Statistics", "Specs", "Results"],
    "Execution": [
      "Basics", "Outlines", "Statistics", "Specs", "Results", "LinearAlgebra", "Machine", "Adapters",
      "Checkpoints",
      "Tokenizers", "Models", "Probes", "Tasks", "Training", "Merging", "Tuning", "Experiment",
    ],
    "Terminal": ["Basics", "LinearAlgebra", "Machine"],
    "Bench": [
      "Basics", "Outlines", "Specs", "LinearAlgebra", "Machine", "Adapters", "Checkpoints", "Tokenizers",
      "Models", "Tasks", "Training", "Merging", "Execution", "Terminal",
    ],
    "CLI": [
      "Basics", "Outlines", "Specs", "Results", "LinearAlgebra", "Machine", "Adapters", "Checkpoints",
      "Tokenizers", "Models", "Tasks", "Training", "Merging", "Language", "Recipes", "Experiment",
      "Execution", "Reporting", "Terminal", "Bench",
    ],
  ]

  /// Modules of other packages and of the toolchain, with who may import them.
  private static let outside: [String: Set<String>] = [
    "ArgumentParser": ["CLI", "Bench", "Terminal"],
    "Dispatch": ["LinearAlgebra"],
    "RealModule": ["Models"],
    "Yams": ["Language"],
    "Synchronization": ["Basics"],
  ]

  private static let modules = picture.keys.sorted()

  @Test func `the folders of Sources are the modules of the picture`() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: Reference.package.appendingPathComponent("Sources").path)
    #expect(Set(folders) == Set(Self.modules + ["COpenBLAS", "COpenSSL"]))
  }

  @Test func `Package.swift declares the arrows of the picture`() throws {
    let text = try String(
      contentsOf: Reference.package.appendingPathComponent("Package.swift"), encoding: .utf8)
    let declaration = /(?:module\(\s*|executableTarget\(\s*name: )"(\w+)",\s*(?:dependencies: )?\[([^\]]*)\]/
    var declared: [String: Set<String>] = [:]
    for match in text.matches(of: declaration) {
      declared[String(match.1)] = Set(match.2.matches(of: /"(\w+)"/).map { String($0.1) })
    }
    #expect(declared == Self.picture)
  }

  @Test(arguments: modules)
  func `a module imports what its arrows allow and needs each of them`(module: String) throws {
    let allowed = Self.picture[module] ?? []
    var used: Set<String> = []
    for file in SourceFile.swift(below: "Sources/\(module)") {
      for line in file.lines {
        guard let match = line.firstMatch(of: /^(?:\w+ )?import (\w+)$/) else { continue }
        let name = String(match.1)
        used.insert(name)
        let isKnown =
          name == "Foundation" || allowed.contains(name) || Self.outside[name]?.contains(module) == true
        #expect(isKnown, "\(file.path) imports \(name)")
      }
    }
    // The composition root may declare all that it joins.
    if module != "CLI" {
      #expect(allowed.subtracting(used) == [], "\(module) declares what it does not import")
    }
  }

  // MARK: Words

  @Test func `no file is longer than 400 lines`() {
    let long = SourceFile.swift(below: "Sources", "Tests").filter { $0.lines.count > 400 }
    #expect(long.map(\.path) == [])
  }

  @Test func `code that the compiler cannot check stands in LinearAlgebra, and in one file that hashes`() {
    let word = "un" + "safe"
    for file in SourceFile.swift(below: "Sources", "Tests")
    where !file.path.hasPrefix("Sources/LinearAlgebra/") && file.path != "Sources/Hashing/SHA256.swift" {
      for line in file.code where line.text.lowercased().contains(word) {
        Issue.record("\(file.path):\(line.number): \(line.text)")
      }
    }
  }

  @Test func `what threads share is checked by the compiler`() throws {
    let unchecked = "@un" + "checked"
    let importing = "import Synchroni" + "zation"
    for file in SourceFile.swift(below: "Sources", "Tests") {
      for line in file.code {
        let isKnown =
          (!line.text.contains(unchecked) || file.path.hasPrefix("Sources/LinearAlgebra/"))
          && (!line.text.contains(importing) || file.path == "Sources/Basics/Lock.swift")
        if !isKnown { Issue.record("\(file.path):\(line.number): \(line.text): use Lock of Basics") }
      }
    }
  }

  @Test func `a clock that goes forward is read by the stopwatch alone`() throws {
    let clocks = /DispatchTime\b|uptimeNanoseconds|(?:Continuous|Suspending)Clock|systemUptime|clock_gettime/
    for file in SourceFile.swift(below: "Sources") where file.path != "Sources/Basics/Stopwatch.swift" {
      for line in file.code where line.text.contains(clocks) {
        Issue.record("\(file.path):\(line.number): \(line.text): use Stopwatch of Basics")
      }
    }
  }

  @Test func `libraries read no clock, draw no unnamed random number, print nothing and force nothing`()
    throws
  {
    let forbidden = try Regex(
      [
        #"\bDate\(\)"#, #"\bUUID\("#, #"\bhashValue\b"#, "SystemRandomNumberGenerator",
        #"\.random\(in:(?!.*using:)"#,
        #"\.(shuffle|shuffled|randomElement)\(\)"#, #"(?:^|[^\w.])print\("#, #"(?:^|[^\w.])exit\("#,
        #"\btry!"#,
        #"\bas!"#,
        #"ProcessInfo\.processInfo\.environment\b"#,
      ].joined(separator: "|"))
    for module in Self.modules where !["CLI", "Bench", "Terminal"].contains(module) {
      for file in SourceFile.swift(below: "Sources/\(module)") {
        for line in file.code where line.text.contains(forbidden) {
          Issue.record("\(file.path):\(line.number): \(line.text)")
        }
      }
    }
  }

  // MARK: What a stranger would trip over

  /// Hosts that committed texts may name: where the packages, the papers and the formats come from.
  private static let hosts: Set<String> = [
    "github.com", "json-schema.org", "arxiv.org", "huggingface.co", "www.swift.org", "git-lfs.github.com",
  ]

  @Test func `committed texts name no folder of one machine and no host but the known ones`() throws {
    let home = try Regex(
      "(?:^|[^A-Za-z0-9_.])/(" + ["work", "home", "root", "Users"].joined(separator: "|") + ")/")
    for file in SourceFile.text() {
      for (index, line) in file.lines.enumerated() {
        if line.contains(home) { Issue.record("\(file.path):\(index + 1): \(line.prefix(200))") }
        for match in line.matches(of: /https?:\/\/([A-Za-z0-9.:-]+)/)
        where !Self.hosts.contains(String(match.1)) {
          Issue.record("\(file.path):\(index + 1): the host \(match.1)")
        }
      }
    }
  }

  @Test func `the tests read the files that they think they read`() {
    #expect(SourceFile.swift(below: "Sources", "Tests").count > 150)
    #expect(SourceFile.text().contains { $0.path == "Makefile" })
  }
}

/// A text file of the package.
private struct SourceFile {
  /// From the package's folder.
  let path: String
  let lines: [Substring]

  /// The lines that are no comment, with their numbers.
  var code: [(number: Int, text: Substring)] {
    lines.enumerated().filter { !$1.drop { $0 == " " }.hasPrefix("//") }.map { ($0 + 1, $1) }
  }

  /// Swift files below some folders, by path.
  static func swift(below folders: String...) -> [SourceFile] {
    folders.flatMap { below($0) }.filter { $0.path.hasSuffix(".swift") }
  }

  /// Everything that people write: without golden data, results of runs, and what git ignores.
  static func text() -> [SourceFile] {
    let single = ["Makefile", "Package.swift", "README.md", ".gitignore", ".swift-format"]
    let kinds = [
      ".swift", ".md", ".yaml", ".yml", ".py", ".sh", ".txt", ".h", ".modulemap", ".csv", "Makefile",
    ]
    return single.compactMap(SourceFile.init)
      + ["Sources", "Tests", "Experiments", "Results", ".make", ".bench", ".ci", ".github"].flatMap(below)
      .filter {
        file in
        kinds.contains { file.path.hasSuffix($0) } || !file.path.contains(".")
      }
  }

  private static func below(_ folder: String) -> [SourceFile] {
    let root = Reference.package.appendingPathComponent(folder).path
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return names.filter {
      !$0.contains(".store/") && !$0.contains("predictions/") && !$0.contains("__pycache__")
    }
    .sorted().compactMap { SourceFile("\(folder)/\($0)") }
  }

  /// Nil for folders and for files that are no text.
  private init?(_ path: String) {
    let url = Reference.package.appendingPathComponent(path)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
