import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.io.File;
import java.net.InetSocketAddress;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreTool;

/**
 * OpenHIM's store on a training box: the MongoDB wire protocol over one H2 MVStore file.
 * Arguments: file, address, port. Not for production: one worker, no secondary indexes, no TTL.
 */
public final class MongoH2 {
  private static final long COMPACT_FROM = 1 << 20; // bytes; smaller files are not worth the time
  private static volatile boolean ending; // systemd asked for it

  public static void main(String[] arguments) throws Exception {
    String file = arguments[0];
    InetSocketAddress address = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
    compact(file);
    MVStore store = new MVStore.Builder().fileName(file).compress()
        .autoCompactFillRate(60).autoCommitBufferSize(4096).open();
    store.setAutoCommitDelay(500); // milliseconds: what a power cut can lose
    MongoServer server = new MongoServer(new H2Backend(store));
    // One worker: the server hands out live documents; with more threads the encoder races with updates.
    server.bind(address, 1, 1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      ending = true;
      server.shutdown();
    }));
    ready();
    watch(store);
  }

  /**
   * A store that could not write (a full disk, a card that is torn out) closes itself and answers nothing any more:
   * the process ends, and systemd starts it again until it can.
   */
  private static void watch(MVStore store) throws InterruptedException {
    while (!store.isClosed() || ending) {
      Thread.sleep(1000);
    }
    System.err.println("the store closed itself: it could not write (is the storage full?)");
    Runtime.getRuntime().halt(1);
  }

  /** Folds dead chunks away before serving. An interrupted run is finished or undone by compactCleanUp. */
  private static void compact(String file) {
    File store = new File(file);
    if (store.length() <= COMPACT_FROM) {
      return;
    }
    MVStoreTool.compactCleanUp(file);
    if (store.getAbsoluteFile().getParentFile().getUsableSpace() < 2 * store.length() + COMPACT_FROM) {
      return; // it is written anew beside the old one
    }
    long before = new File(file).length();
    MVStoreTool.compact(file, true);
    System.out.println("compacted " + before + " to " + new File(file).length() + " bytes");
  }

  /** Tells systemd that the port is open. Java cannot write to a datagram socket, so systemd-notify does. */
  private static void ready() throws Exception {
    if (System.getenv("NOTIFY_SOCKET") != null) {
      new ProcessBuilder("/usr/bin/systemd-notify", "--ready").inheritIO().start().waitFor();
    }
  }
}
