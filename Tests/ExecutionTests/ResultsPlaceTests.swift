import Execution
import Experiment
import Testing

/// Where results lie, by where the manifest and the user are.
@Suite struct ResultsPlaceTests {
  private func place(_ manifest: String, at folder: String, _ there: String...) -> ResultsPlace {
    ResultsPlace.of(manifest: manifest, workingDirectory: folder, home: "/people/ada") { there.contains($0) }
  }

  @Test func `a manifest in or below the working directory has its results there`() {
    for manifest in ["m.yaml", "./m.yaml", "Experiments/m.yaml", "/people/ada/exp/Experiments/m.yaml"] {
      #expect(place(manifest, at: "/people/ada/exp") == ResultsPlace("Results"))
    }
    let there = place("Experiments/m.yaml", at: "/people/ada/exp", "/people/ada/exp/Results/.store")
    #expect(there == ResultsPlace("Results"))
  }

  @Test func `where results lie above or below the ones that are looked at it is said`() {
    let within = place("m.yaml", at: "/people/ada/exp/Experiments", "/people/ada/exp/Results/.store")
    #expect(within.folder == "Results")
    #expect(within.note?.what == "there are no results here yet, and some in ../Results")
    #expect(within.note?.hint == "`--results ../Results` goes on there")
    let above = place("sub/m.yaml", at: "/people/ada/exp", "/people/ada/exp/sub/Results/.store")
    #expect(above.folder == "Results" && above.note?.what.hasSuffix("some in sub/Results") == true)
    // Those of another repository, or of all of one's home, are none of this manifest's.
    for manifest in ["/people/ada/exp/git/m.yaml", "/people/ada/exp/m.yaml"] {
      let place = place(
        manifest, at: String(manifest.dropLast(7)), "/people/ada/exp/git/.git", "/people/Results/.store",
        manifest.contains("git") ? "/people/ada/exp/Results/.store" : "/Results/.store")
      #expect(place == ResultsPlace("Results"))
    }
  }

  @Test func `a manifest elsewhere has its results with it, and it is said`() {
    let fresh = place("/people/ada/exp/m.yaml", at: "/tmp")
    #expect(fresh.folder == "/people/ada/exp/Results")
    #expect(fresh.note?.what == "the results lie in ~/exp/Results")
    let beside = place("../exp/m.yaml", at: "/people/ada/other")
    #expect(beside.folder == "../exp/Results" && beside.note?.what == "the results lie in ../exp/Results")
    let above = place("../exp/Experiments/m.yaml", at: "/people/ada/other", "/people/ada/exp/Results/.store")
    #expect(above.folder == "../exp/Results")
    let here = place("/people/ada/exp/m.yaml", at: "/tmp", "/tmp/Results/.store")
    #expect(here.folder == "Results" && here.note?.what.hasPrefix("the results lie in Results here") == true)
    let both = place(
      "/people/ada/exp/m.yaml", at: "/tmp", "/tmp/Results/.store", "/people/ada/exp/Results/.store")
    #expect(both.folder == "/people/ada/exp/Results")
  }

  @Test func `above a link lies what is above the folder that it points at`() {
    let place = ResultsPlace.of(
      manifest: "link/../m.yaml", workingDirectory: "/people/ada/exp", home: "/people/ada",
      exists: { _ in false },
      resolve: { $0 == "/people/ada/exp/link" ? "/data/sets/fpb" : $0 })
    #expect(place.folder == "/data/sets/Results")
    #expect(self.place("link/../m.yaml", at: "/people/ada/exp").folder == "Results")
  }
}
