import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import Outlines
import Reporting
import Results
import Specs
import Terminal

/// The arguments that all commands on a manifest share.
struct ManifestArguments: ParsableArguments {
  @Argument(help: "The manifest, a YAML file.", transform: { UserPath.expanded($0) })
  var manifest: String

  @Option(
    name: [.customShort("S"), .customLong("set")], parsing: .singleValue,
    help: "Replaces a setting: adapter.rank=8, or a grid: adapter.rank=4,8. May be repeated.")
  var settings: [String] = []

  @Option(
    help: "The folder of results; else Results here, or with a manifest of another folder.",
    transform: { UserPath.cleaned(UserPath.expanded($0)) })
  var results: String?

  /// Reads and checks the manifest.
  ///
  /// `MIXOLOGY_DATA` in the environment sets the data root, as `-S data_root=…` does.
  ///
  /// - Parameter runsJobs: Whether the machine must have what jobs need: results are read anywhere.
  func load(runsJobs: Bool = true) throws -> LoadedManifest {
    let environment = ProcessInfo.processInfo.environment
    let text = try InputFile.text(manifest, called: "the manifest", hint: "is the path right?")
    var overrides: [Override] = []
    if let root = environment["MIXOLOGY_DATA"], !root.isEmpty {
      let folder = URL(fileURLWithPath: UserPath.expanded(root)).standardizedFileURL
      overrides.append(try Override("data_root=\(folder.path)"))
    }
    overrides += try settings.map { try Override($0) }
    let manifest = try ManifestReader.read(
      text, path: manifest, overrides: overrides, vocabulary: .joined, home: UserPath.home)
    let place =
      results.map { ResultsPlace($0) }
      ?? ResultsPlace.of(
        manifest: self.manifest, workingDirectory: UserPath.workingDirectory, home: UserPath.home,
        exists: { FileManager.default.fileExists(atPath: $0) },
        resolve: { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path })
    let results = URL(fileURLWithPath: place.folder)
    let folder = results.appendingPathComponent(manifest.name)
    let store = JobStore(root: results.appendingPathComponent(".store"))
    let watch = ReadingWatch()
    let resources = DiskResources(
      facts: FactsCache(environment: environment), folder: "", environment: environment,
      runsJobs: runsJobs, tell: { watch.tell($0) })
    return LoadedManifest(
      path: self.manifest, manifest: manifest, overrides: overrides, folder: folder, placeNote: place.note,
      store: store, resources: resources, watch: watch)
  }
}

/// A manifest with where its results go.
struct LoadedManifest {
  /// As the user wrote it.
  let path: String
  let manifest: Manifest
  /// What of it the command line replaces.
  let overrides: [Override]
  /// `Results/<name>`.
  let folder: URL
  /// What a user should know of where that is.
  let placeNote: PlanNote?
  let store: JobStore
  let resources: DiskResources
  private let watch: ReadingWatch

  fileprivate init(
    path: String, manifest: Manifest, overrides: [Override], folder: URL, placeNote: PlanNote?,
    store: JobStore, resources: DiskResources, watch: ReadingWatch
  ) {
    self.path = path
    self.manifest = manifest
    self.overrides = overrides
    self.folder = folder
    self.placeNote = placeNote
    self.store = store
    self.resources = resources
    self.watch = watch
  }

  /// Says where the results lie, if that is not where one would look.
  ///
  /// It is no comment on the work: `--quiet` does not leave it out.
  func tellPlace() {
    if let placeNote { Console.note("\(placeNote)") }
  }

  /// Refuses to replace the tables of other settings, and says where settings give way to the manifest alone.
  func checkTables(_ plan: Plan, force: Bool) throws {
    if force { return }
    if let note = try ResultsFolder.check(folder, mayHold: stamp(plan)) { Console.note("\(note)") }
  }

  /// Notes what the cells of a plan are now, for the next plan to say what changed; a note that cannot be written is none.
  func noteRun(of plan: Plan) {
    var last = LastRun(of: plan.experiment, in: store) ?? LastRun()
    last.note(plan, finished: store.finished())
    try? last.write(of: plan.experiment, in: store)
    RowHashes.keep(plan, in: store)
  }

  /// The jobs that runs of this experiment name, so that those of others drop none of them.
  func named(_ plan: Plan) -> NamedJobs {
    NamedJobs(store, experiment: plan.experiment, settings: stamp(plan).settings)
  }

  /// Which experiment the tables are of.
  func stamp(_ plan: Plan) -> TablesStamp { TablesStamp(plan, overrides: overrides) }

  /// Expands the manifest as far as nothing is chosen: what is tried, and of a grid that is tested at one point only none.
  func planBeforeChoice() throws -> Plan { try expanded(TuningChoice()).testing(onlyChosen: []) }

  /// Expands the manifest with all that validation has chosen by now: what seeds of their own tried, and the points of grids.
  func plan() throws -> Plan {
    let full = try expanded(try tuningChoice())
    return full.testing(onlyChosen: try chosen(of: full))
  }

  /// The same, but where nothing is chosen yet the first stands for the one to come; with the jobs that wait for the choice.
  func planWithStandIns() throws -> (plan: Plan, waiting: Set<JobID>) {
    let choice = try tuningChoice()
    let full = try expanded(manifest.standingIn(for: choice))
    let chosen = try chosen(of: full)
    let undecided = full.grids.filter { !$0.models.contains(where: chosen.contains) }
    let plan = full.testing(onlyChosen: chosen.union(undecided.compactMap(\.models.first)))
    guard plan.isChosenFrom else { return (plan, []) }
    let isOpen = manifest.isTuned && !choice.isWhole
    let known = (isOpen ? try expanded(choice) : full).testing(onlyChosen: chosen)
    let sure = Set(known.jobs.map(\.id))
    return (plan, Set(plan.jobs.map(\.id).filter { !sure.contains($0) }))
  }

  /// How many jobs what is not chosen yet will ask for, about, beside those of a plan that are known.
  func jobsToCome(beside known: Plan) throws -> Int {
    guard known.isChosenFrom else { return 0 }
    let names = Set(known.jobs.map(\.id))
    let (plan, waiting) = try planWithStandIns()
    let progress = store.progress(of: plan, looksAtFiles: false)
    return waiting.count { !names.contains($0) && progress.isOpen($0) }
  }

  /// What the tries have chosen: one choice opens others, until nothing new is chosen.
  private func tuningChoice() throws -> TuningChoice {
    var choice = TuningChoice()
    guard manifest.isTuned else { return choice }
    while !choice.isWhole {
      let plan = try expanded(choice)
      let results = try Collector(store: store).collect(plan)
      let next = try TuningChoice(results, grids: plan.triedGrids, before: choice)
      if next == choice { break }
      choice = next
    }
    return choice
  }

  /// The points that validation has chosen by now; results are read only where there is something to choose.
  private func chosen(of full: Plan) throws -> Set<String> {
    let grids = full.grids
    if grids.isEmpty { return [] }
    let results = try Collector(store: store).collect(full.testing(onlyChosen: []))
    return Set(try GridChoice.chosen(results, grids: grids))
  }

  private func expanded(_ choice: TuningChoice) throws -> Plan {
    defer {
      resources.facts.save()
      watch.close()
    }
    return try Planner(vocabulary: .joined, resources: resources).plan(manifest, choice: choice)
  }
}

extension WorkClock {
  /// A clock that has measured this machine, where something is left to do; with the BLAS kernel that workers get.
  static func measured(
    _ plan: Plan, _ store: JobStore, _ progress: PlanProgress, workers: Int, threads: Int
  ) -> WorkClock {
    guard let outline = plan.outline, plan.jobs.contains(where: { progress.isOpen($0.id) }) else {
      return WorkClock(plan: plan, store: store)
    }
    let speed = MachineSpeed.measure(
      outline, workers: workers, threads: threads, inBF16: plan.jobs.contains { $0.work.roundedFLOPs > 0 })
    return WorkClock(plan: plan, store: store, speed: speed)
  }
}
