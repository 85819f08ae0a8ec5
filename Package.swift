// swift-tools-version: 6.2
import PackageDescription

/// One strict dialect for every target: warnings are errors, unsafe code must be marked, existentials are spelled.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let realModule = Target.Dependency.product(name: "RealModule", package: "swift-numerics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
  name: "mixology",
  products: [.executable(name: "mixology", targets: ["CLI"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),

    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    module("Hashing", ["COpenSSL"]),
    module("Basics", ["Hashing"]),
    module("Outlines", ["Basics"]),
    module("Statistics", ["Basics"]),
    module("Specs", ["Basics", "Outlines"]),
    module("Results", ["Basics", "Specs"]),
    module("LinearAlgebra", ["Basics", "COpenBLAS"]),
    module("Probes", ["LinearAlgebra"]),
    module("Machine", ["Basics", "LinearAlgebra"]),
    module("Adapters", ["Basics", "Outlines", "LinearAlgebra"]),
    module("Checkpoints", ["Basics", "Outlines", "LinearAlgebra", "Adapters"]),
    module("Tokenizers", ["Basics"]),
    module("Models", ["Basics", "Outlines", "LinearAlgebra", "Adapters", "Checkpoints", realModule]),
    module("Tasks", ["Basics", "Statistics", "Specs"]),
    module(
      "Training",
      [
        "Basics", "Outlines", "Specs", "LinearAlgebra", "Adapters", "Checkpoints", "Tokenizers", "Models",
        "Tasks",
      ]),
    module("Merging", ["Basics", "LinearAlgebra", "Adapters"]),
    module(
      "Tuning",
      [
        "Basics", "Outlines", "Specs", "LinearAlgebra", "Adapters", "Models", "Tasks", "Training", "Merging",
      ]),
    module("Language", ["Basics", yams]),
    module(
      "Recipes",
      [
        "Basics", "Outlines", "Specs", "LinearAlgebra", "Machine", "Adapters", "Checkpoints", "Models",
        "Merging", "Language",
      ]),
    module("Experiment", ["Basics", "Outlines", "Specs", "Results", "Language"]),
    module("Reporting", ["Basics", "Statistics", "Specs", "Results"]),
    module(
      "Execution",
      [
        "Basics", "Outlines", "Statistics", "Specs", "Results", "LinearAlgebra", "Machine", "Adapters",
        "Checkpoints", "Tokenizers", "Models", "Probes", "Tasks", "Training", "Merging", "Tuning",
        "Experiment",
      ]),
    module("Terminal", ["Basics", "LinearAlgebra", "Machine", arguments]),
    module(
      "Bench",
      [
        "Basics", "Outlines", "Specs", "LinearAlgebra", "Machine", "Adapters", "Checkpoints", "Tokenizers",
        "Models", "Tasks", "Training", "Merging", "Execution", "Terminal", arguments,
      ]),
    .executableTarget(
      name: "CLI",
      dependencies: [
        "Basics", "Outlines", "Specs", "Results", "LinearAlgebra", "Machine", "Adapters", "Checkpoints",
        "Tokenizers", "Models", "Tasks", "Training", "Merging", "Language", "Recipes", "Experiment",
        "Execution", "Reporting", "Terminal", "Bench", arguments,
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Basics"], path: "Tests/TestSupport", swiftSettings: strict),
    .target(
      name: "ModelFixtures",
      dependencies: ["Basics", "Outlines", "LinearAlgebra", "Checkpoints", "Models", "TestSupport"],
      path: "Tests/ModelFixtures", swiftSettings: strict),
    .target(
      name: "TaskFixtures", dependencies: ["Specs", "Tasks", "TestSupport"], path: "Tests/TaskFixtures",
      swiftSettings: strict),
    tests("BasicsTests", ["Basics", "Specs"]),
    tests("StatisticsTests", ["Basics", "Statistics"]),
    tests("OutlinesTests", ["Basics", "Outlines"]),
    tests("LinearAlgebraTests", ["Basics", "LinearAlgebra"]),
    tests("ProbesTests", ["LinearAlgebra", "Probes"]),
    tests("CheckpointsTests", ["Basics", "LinearAlgebra", "Adapters", "Checkpoints"]),
    tests("TokenizersTests", ["Basics", "Tokenizers"]),
    tests(
      "ModelsTests",
      [
        "Basics", "Outlines", "LinearAlgebra", "Adapters", "Checkpoints", "Tokenizers", "Models",
        "ModelFixtures",
      ]),
    tests("TasksTests", ["Basics", "Statistics", "Specs", "Tasks", "TaskFixtures"]),
    tests(
      "TrainingTests",
      [
        "Basics", "Outlines", "Specs", "LinearAlgebra", "Adapters", "Checkpoints", "Tokenizers", "Models",
        "Tasks", "Merging", "Training", "Tuning", "ModelFixtures", "TaskFixtures",
      ]),
    tests(
      "MergingTests", ["Basics", "LinearAlgebra", "Adapters", "Checkpoints", "Merging", "Tuning", "Recipes"]),
    tests(
      "RecipesTests",
      ["Basics", "LinearAlgebra", "Machine", "Adapters", "Checkpoints", "Merging", "Recipes"]),
    tests(
      "ExperimentTests",
      ["Basics", "Outlines", "Specs", "Results", "Tasks", "Language", "Merging", "Recipes", "Experiment"]),
    tests("ReportingTests", ["Basics", "Statistics", "Specs", "Results", "Reporting"]),
    tests(
      "ExecutionTests",
      [
        "Basics", "Outlines", "Specs", "Results", "LinearAlgebra", "Machine", "Adapters", "Checkpoints",
        "Tokenizers", "Models", "Tasks", "Training", "Merging", "Tuning", "Experiment", "Execution",
        "ModelFixtures", "TaskFixtures", yams,
      ]),
    tests("EndToEndTests", ["CLI", "Adapters", "Checkpoints", "LinearAlgebra"]),
  ],
  swiftLanguageModes: [.v6]
)
