import type { Browser, Locator, Page } from 'playwright-core';

/** Narrow, so that the text stays readable where the picture is shrunk; high, so that nothing has to be scrolled. */
const VIEWPORT = { width: 1_120, height: 2_000 };
const SCALE = 1.25;
const GRID = 4;
/** Ground of the UI's pages, which the picture continues between its parts. */
const GROUND = '#f8fafc';
/** What the box for the current details is given, so that its lines need no scrolling. */
const DETAILS_HEIGHT = 220;
const FIRST_EVENTS = 7;

/**
 * Takes a picture of the page of a recovery's workflow in the Temporal UI: its name, its summary and current details,
 * its timeline and first events. On the page they are spread over two tabs; the picture has one beneath the other.
 */
export async function pictureWorkflow(browser: Browser, workflowUrl: string, path: string): Promise<void> {
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme: 'light', deviceScaleFactor: SCALE });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(workflowUrl);
  const history = await shootHistory(page);
  await page.goto(page.url().replace(/\/history\b.*$/, '/user-metadata'));
  const parts = [...(await shootMetadata(page)), history];
  await page.setContent(
    `<!doctype html><body style="margin:0;padding:16px 0 0;width:max-content;background:${GROUND}">${parts.map(asImage).join('')}</body>`,
  );
  await page.screenshot({ path, clip: await boxOf(page.locator('body')) });
  await context.close();
}

/** Name and state; then the tab with the summary and the current details, which the workflow itself answers. */
async function shootMetadata(page: Page): Promise<Buffer[]> {
  const header = page.locator('main header').first();
  await page.locator('iframe').first().contentFrame().getByText('Recovery by code').waitFor();
  const details = page.locator('iframe').last();
  await details.contentFrame().getByText('Recovered.').waitFor();
  await details.evaluate((element, height) => {
    (element as unknown as { style: { height: string } }).style.height = `${height}px`;
  }, DETAILS_HEIGHT);
  const title = header.locator('> div').first();
  const panels = header.locator('xpath=../following-sibling::div[1]');
  return [await shoot(page, title, title), await shoot(page, header.locator('.tabs'), panels)];
}

/** The tab with the timeline and the events, oldest first. */
async function shootHistory(page: Page): Promise<Buffer> {
  await page.getByRole('button', { name: 'Descending' }).click();
  const rows = page.locator('[data-testid="event-summary-table"] tr');
  await rows.filter({ hasText: 'Workflow Execution Started' }).waitFor();
  return shoot(page, page.getByRole('heading', { name: 'Event History' }), rows.nth(FIRST_EVENTS));
}

/** From the top of one element to the bottom of another, without the bar at the left. */
async function shoot(page: Page, first: Locator, last: Locator): Promise<Buffer> {
  const [top, bottom, main] = [await boxOf(first), await boxOf(last), await boxOf(page.locator('main'))];
  // Whole pixels of the picture, so that the parts can be put together without smoothing.
  const y = Math.floor(top.y / GRID) * GRID;
  const height = Math.floor((bottom.y + bottom.height - y) / GRID) * GRID;
  const clip = { x: main.x, y, width: main.width, height };
  return page.screenshot({ clip, animations: 'disabled' });
}

async function boxOf(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await element.boundingBox();
  if (box === null) throw new Error(`The Temporal UI does not show ${String(element)}.`);
  return box;
}

function asImage(png: Buffer): string {
  const source = `data:image/png;base64,${png.toString('base64')}`;
  return `<img src="${source}" style="display:block;zoom:${1 / SCALE};margin-bottom:${24 * SCALE}px">`;
}
